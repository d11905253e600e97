// want: does=rewrite|alter,rewrite down=absent tables=orders
exports.up = async knex => {
  await knex.raw("SET LOCAL lock_timeout = '5s'");
  await knex.raw('LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE');
  await knex('orders').update({ note: knex.ref('users.name') }).updateFrom('users').where('users.id', knex.ref('orders.placed'));
};
