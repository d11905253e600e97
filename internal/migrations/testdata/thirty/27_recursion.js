// want: does=drop,unknown down=absent tables=deep
async function again(knex, n) { if (n > 100000) return; await knex.schema.dropTable('deep'); await again(knex, n + 1); }
exports.up = knex => again(knex, 0);
