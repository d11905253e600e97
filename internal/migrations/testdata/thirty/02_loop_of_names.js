// want: does=alter,rewrite down=empty tables=a,b,c
const TABLES = ['a', 'b', 'c'];
exports.up = async function (knex) {
  for (const name of TABLES) {
    await knex(name).whereNull('owner').update({ owner: 'nobody' });
    await knex.schema.alterTable(name, table => { table.dropNullable('owner'); });
  }
};
exports.down = async () => {};
