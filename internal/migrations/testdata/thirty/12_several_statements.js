// want: does=add,drop,rewrite,index down=absent tables=t,u
exports.up = knex => knex.schema.raw(`
  -- a comment; with a semicolon
  ALTER TABLE t ADD COLUMN note text DEFAULT 'a;b', DROP COLUMN old;
  UPDATE u SET a = 'DROP TABLE x' WHERE b = $$; DELETE FROM y$$;
  CREATE INDEX u_idx ON u USING btree (a);
`);
