// want: does=add,rewrite down=absent tables=archive,live
exports.up = async knex => {
  await knex.raw(`WITH moved AS (DELETE FROM live WHERE done RETURNING *) INSERT INTO archive SELECT * FROM moved`);
};
