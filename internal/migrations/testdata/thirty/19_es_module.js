// want: does=add down=empty tables=x
export const config = { transaction: true };
export async function up(knex) { await knex.schema.alterTable('x', t => { t.boolean('on').defaultTo(false).notNullable(); }); }
export async function down() {}
