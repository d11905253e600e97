// want: does=add down=present tables=users
exports.up = async function up(knex) {
  const has = await knex.schema.hasColumn('users', 'nickname');
  if (has) {
    return;
  }
  await knex.schema.alterTable('users', table => {
    table.string('nickname').nullable().comment('what friends say');
  });
};
exports.down = async function down(knex) {
  if (await knex.schema.hasColumn('users', 'nickname')) {
    await knex.schema.alterTable('users', table => {
      table.dropColumn('nickname');
    });
  }
};
