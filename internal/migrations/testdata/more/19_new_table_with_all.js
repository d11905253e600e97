// want: does=add down=present tables=orders,reviews
exports.up = async knex => {
  await knex.schema.createTable('reviews', t => {
    t.bigIncrements('id');
    t.integer('order_id').notNullable().references('id').inTable('orders').onDelete('CASCADE').index();
    t.enum('state', ['open', 'shut'], { useNative: true, enumName: 'review_state' }).notNullable();
    t.unique(['order_id', 'state']);
  });
  await knex.raw('CREATE INDEX reviews_state_idx ON reviews (state)');
};
exports.down = async knex => {
  await knex.schema.dropTable('reviews');
  await knex.raw('DROP TYPE review_state');
};
