// want: does=rewrite down=empty tables=jobs
exports.up = async knex => {
  const orphans = knex('jobs')
    .leftJoin('users', 'users.id', 'jobs.user_id')
    .whereNull('users.id')
    .select('jobs.id');
  await knex.delete().from('jobs').whereIn('id', orphans);
};
exports.down = () => Promise.resolve();
