// want: does=add down=present tables=settings
exports.up = async knex => {
  await knex.raw(
    "/* DROP TABLE users; */ INSERT INTO settings (key, value) VALUES (?, E'it\\'s; TRUNCATE users') ON CONFLICT DO NOTHING -- ; DELETE FROM users",
    ['hint'],
  );
};
exports.down = async knex => { await knex.delete().from('settings').where('key', 'hint'); };
