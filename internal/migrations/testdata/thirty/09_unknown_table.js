// want: does=drop down=absent tables=
exports.up = async knex => {
  const rows = await knex.select('name').from('registry');
  for (const row of rows) await knex.schema.dropTableIfExists(row.name);
};
