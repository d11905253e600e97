// want: does=alter down=present tables=users
exports.up = knex => knex.schema.alterTable('users', t => { t.dropNullable('email'); t.string('name', 512).notNullable().alter(); });
exports.down = knex => knex.schema.alterTable('users', t => { t.setNullable('email'); });
