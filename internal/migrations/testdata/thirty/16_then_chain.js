// want: does=add,index down=present tables=a,b
exports.up = function (knex, Promise) {
  return knex.schema.hasTable('a').then(function (exists) {
    if (!exists) {
      return knex.schema.createTable('a', function (t) { t.increments('id'); }).then(() => knex.schema.alterTable('b', t => { t.index(['x']); }));
    }
  });
};
exports.down = function (knex) { return knex.schema.dropTable('a'); };
