// want: does=add down=present tables=orders
exports.up = async ({ raw, schema }) => {
  await schema.raw("ALTER TABLE orders ADD COLUMN IF NOT EXISTS currency varchar(3) NOT NULL DEFAULT 'EUR'");
};
exports.down = async ({ schema }) => {
  await schema.raw('ALTER TABLE orders DROP COLUMN IF EXISTS currency');
};
