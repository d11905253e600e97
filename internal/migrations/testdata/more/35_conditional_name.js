// want: does=add,drop down=present tables=*
exports.up = async knex => {
  const old = await knex.schema.hasTable('users');
  const target = old ? 'users' : 'orders';
  await knex.schema.alterTable(target, t => (old ? t.dropColumn('legacy') : t.string('fresh')));
};
exports.down = async knex => { await knex.schema.alterTable('users', t => t.string('legacy')); };
