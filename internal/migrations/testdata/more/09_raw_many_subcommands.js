// want: does=add,alter,drop down=absent tables=orders
exports.up = async knex => {
  const parts = [
    'ADD COLUMN placed_by integer',
    'DROP COLUMN legacy CASCADE',
    'ALTER COLUMN note SET NOT NULL',
  ];
  await knex.raw(`ALTER TABLE orders ${parts.join(', ')}`);
};
