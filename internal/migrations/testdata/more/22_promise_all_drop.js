// want: does=drop down=throws tables=jobs,orders,users
const TABLES = Object.freeze(['users', 'orders', 'jobs']);
exports.up = knex => Promise.all(TABLES.map(async name => {
  await knex.schema.table(name, table => table.dropColumns('legacy'));
}));
exports.down = () => Promise.reject(new Error('the data is gone'));
