// want: does=alter down=empty tables=* tx=no
exports.config = { transaction: false };
exports.up = knex => knex.raw(`ALTER TYPE mood ADD VALUE IF NOT EXISTS 'meh' AFTER 'ok'`);
exports.down = knex => Promise.resolve(knex);
