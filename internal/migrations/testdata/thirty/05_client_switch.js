// want: does=alter down=empty tables=items
exports.up = async function up(knex) {
  const { client } = knex.client.config;
  switch (client) {
    case 'better-sqlite3':
    case 'sqlite3':
      await knex.schema.dropTable('items');
      break;
    case 'pg':
      await knex.schema.raw('ALTER TABLE items ALTER COLUMN n TYPE bigint');
      break;
    default:
      await knex('items').del();
  }
};
exports.down = async function down(knex) { if (!knex.client.config.client.includes('mysql')) return; await knex.schema.dropTable('items'); };
