// want: does=drop,index down=present tables=users
exports.up = async knex => {
  try {
    await knex.schema.table('users', t => t.dropIndex('name', 'users_name_index'));
  } catch (e) {
    console.warn('no such index', e);
  } finally {
    await knex.schema.table('users', t => t.index(['name', 'email'], 'users_name_email'));
  }
};
exports.down = async knex => { await knex.schema.table('users', t => t.dropIndex([], 'users_name_email')); };
