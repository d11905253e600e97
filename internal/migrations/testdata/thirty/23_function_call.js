// want: does=unknown down=absent tables=
exports.up = knex => knex.raw('SELECT migrate_everything(42)');
