// want: does=rewrite down=absent tables=q
exports.up = async knex => {
  const query = knex('q').where('a', 1);
  if (process.env.ALL) query.orWhere('b', 2);
  query.update({ c: 3 });
  await query;
};
