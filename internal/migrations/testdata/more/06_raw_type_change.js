// want: does=alter down=present tables=orders
exports.up = knex =>
  knex.raw(`
    -- money has two digits
    ALTER TABLE "public"."orders"
      ALTER COLUMN "total" TYPE numeric(12, 2) USING "total"::numeric
  `);
exports.down = knex => knex.raw('ALTER TABLE public.orders ALTER COLUMN total TYPE integer USING total::integer');
