// want: does=index-concurrently,alter down=present tx=no tables=search
const table = 'search';
const cols = ['entity_id', 'key'];
exports.up = async knex => {
  await knex.raw(`
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "${table}_uniq"
    ON ${table} (${cols.join(', ')})`);
};
exports.down = async knex => { await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${table}_uniq`); };
exports.config = { transaction: false };
