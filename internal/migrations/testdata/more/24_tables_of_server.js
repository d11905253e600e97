// want: does=unknown|drop,unknown|drop down=empty tables=*
exports.up = async knex => {
  const rows = await knex('pg_tables').select('tablename').where('tablename', 'like', 'tmp_%');
  for (const row of rows) await knex.schema.dropTable(row.tablename);
};
exports.down = async () => undefined;
