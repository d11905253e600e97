// want: does=add,alter|alter down=present tables=orders
exports.up = async knex => {
  await knex.raw(`
    CREATE OR REPLACE FUNCTION touch() RETURNS trigger AS $body$
    BEGIN
      DELETE FROM jobs; -- never at migration time
      NEW.note := 'touched; really';
      RETURN NEW;
    END;
    $body$ LANGUAGE plpgsql;
    CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
  `);
};
exports.down = async knex => {
  await knex.raw('DROP TRIGGER orders_touch ON orders; DROP FUNCTION touch();');
};
