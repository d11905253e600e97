// want: does=unknown down=absent tables=
exports.up = knex => knex.raw(`DO $$ BEGIN EXECUTE 'DROP TABLE secrets'; END $$`);
