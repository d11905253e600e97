// want: does=add down=present tables=widgets,gadgets
// Helpers that create tables with the same columns.
function common(table) {
  table.uuid('id').primary().notNullable();
  table.timestamps(true, true);
}
async function make(knex, name) {
  await knex.schema.createTable(name, t => { common(t); t.string('label'); });
}
exports.up = async knex => { await make(knex, 'widgets'); await make(knex, 'gadgets'); };
exports.down = async knex => { await knex.schema.dropTable('gadgets').dropTable('widgets'); };
