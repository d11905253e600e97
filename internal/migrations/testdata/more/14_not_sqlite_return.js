// want: does=drop down=present tables=users
const isSqlite = knex => knex.client.config.client.includes('sqlite3');
exports.up = async function up(knex) {
  if (isSqlite(knex)) {
    await knex.schema.alterTable('users', t => { t.string('ignored'); });
    return;
  }
  await knex.schema.alterTable('users', t => { t.dropUnique(['email'], 'users_email_uniq'); });
};
exports.down = async function down(knex) {
  if (!isSqlite(knex)) await knex.schema.alterTable('users', t => { t.unique(['email'], { indexName: 'users_email_uniq' }); });
};
