// want: does=add,alter,rewrite down=present tables=jobs
exports.up = async knex => {
  await knex('jobs').truncate();
  await knex.raw('ALTER TABLE jobs ADD COLUMN owner text NOT NULL');
};
exports.down = async knex => {
  await knex.raw('ALTER TABLE jobs DROP COLUMN owner');
};
