// want: does=drop,rewrite down=absent tables=jobs,orders
const q = (strings, ...values) => strings.reduce((all, s, i) => all + s + (values[i] ?? ''), '');
exports.up = async function (knex) {
  const t = 'jobs';
  let sql = 'DELETE FROM ' + t;
  sql += ' WHERE state = \'gone\'';
  await knex.raw(sql);
  await knex.raw(q`ALTER TABLE ${'orders'} DROP COLUMN ${'legacy'}`);
};
