// want: does=add,alter,drop down=absent tables=orders,orders_new
exports.up = async knex => {
  await knex.raw('CREATE TABLE orders_new AS SELECT * FROM orders WHERE total > 0');
  await knex.schema.dropTableIfExists('orders');
  await knex.schema.renameTable('orders_new', 'orders');
};
