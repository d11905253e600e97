// want: does=add,alter down=present tables=people
exports.up = async knex => {
  await knex.schema.alterTable('people', table => { table.string('email').notNullable(); });
};
exports.down = async knex => { await knex.schema.alterTable('people', t => { t.dropColumn('email'); }); };
