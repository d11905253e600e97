// want: does=alter down=empty tables=orders
exports.up = async knex => {
  const { note } = await knex('orders').columnInfo();
  if (note?.type !== 'text') {
    await knex.schema.alterTable('orders', t => { t.text('note').alter({ alterType: true, alterNullable: false }); });
  }
};
exports.down = async knex => { /* wide is fine */ };
