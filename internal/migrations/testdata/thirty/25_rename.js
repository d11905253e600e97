// want: does=alter down=present tables=old_name,u
exports.up = async knex => {
  await knex.schema.renameTable('old_name', 'new_name');
  await knex.schema.alterTable('u', t => { t.renameColumn('exp', 'updated_at'); });
};
exports.down = async knex => { await knex.schema.renameTable('new_name', 'old_name'); };
