// want: does=add down=present tables=orders,users
const additions = {
  users: { age: 'integer', bio: 'text' },
  orders: { shipped_at: 'dateTime' },
};
module.exports.up = async function (knex) {
  for (const [table, columns] of Object.entries(additions)) {
    await knex.schema.alterTable(table, t => {
      Object.keys(columns).forEach(name => t[columns[name]](name).nullable());
    });
  }
};
module.exports.down = async function (knex) {
  for (const table of Object.keys(additions).reverse()) {
    await knex.schema.alterTable(table, t => t.dropColumns(...Object.keys(additions[table])));
  }
};
