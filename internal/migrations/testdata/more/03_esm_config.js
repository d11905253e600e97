// want: does=drop,index-concurrently down=present tables=orders tx=no
export const config = { transaction: false };

const INDEX = 'orders_total_idx';

export async function up(knex) {
  await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${INDEX}`);
  await knex.raw(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${INDEX} ON orders (total)`);
}

export async function down(knex) {
  await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${INDEX}`);
}
