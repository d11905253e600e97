// want: does=alter,index down=present tables=orders
exports.up = async knex => {
  switch (knex.client.config.client) {
    case 'better-sqlite3':
      return;
    case 'mysql2':
      await knex.schema.dropTable('orders');
      break;
    case 'pg':
    default:
      await knex.raw('create unique index if not exists orders_note_uq on orders using btree (note, id)');
  }
};
exports.down = async knex => {
  if (knex.client.config.client === 'pg') await knex.raw('drop index if exists orders_note_uq');
};
