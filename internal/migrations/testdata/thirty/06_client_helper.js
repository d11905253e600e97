// want: does=add down=throws tables=logs
const isSqlite = knex => /sqlite/.test(knex.client.config.client);
exports.up = async knex => {
  if (isSqlite(knex)) {
    await knex.raw('DELETE FROM logs');
    return;
  }
  await knex.schema.alterTable('logs', t => t.text('detail').nullable());
};
exports.down = async () => { throw new Error('there is no way back'); };
