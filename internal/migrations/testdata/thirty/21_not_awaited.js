// want: does=drop,unknown down=absent tables=a
exports.up = async knex => {
  await knex.schema.dropTable('a');
  knex('b').update({ x: 1 });
};
