// want: does=add down=present tables=users_archive
exports.up = async knex => {
  await knex.schema.createTable('users_archive', t => { t.integer('id').primary(); t.string('name'); });
  await knex.into('users_archive').insert(knex('users').select('id', 'name').where('name', 'like', 'x%'));
};
exports.down = knex => knex.schema.dropTable('users_archive');
