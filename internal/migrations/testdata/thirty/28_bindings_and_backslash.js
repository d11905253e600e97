// want: does=index,alter down=absent tables=docs
exports.up = async knex => {
  await knex.raw('CREATE INDEX :name: ON :table: (tag)', { name: 'docs_idx', table: 'docs' });
  await knex.raw('ALTER TABLE ?? RENAME COLUMN ?? TO ??', ['docs', 'a', 'b']);
  await knex.raw("SELECT data \\? 'key' FROM docs WHERE id = ?", [1]);
};
