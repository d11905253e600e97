// want: does=rewrite down=absent tables=settings
exports.up = async knex => {
  await knex('settings').insert({ id: 1, v: 2 }).onConflict('id').merge();
};
