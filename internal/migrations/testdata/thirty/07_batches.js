// want: does=rewrite down=empty tables=events
const SIZE = 500;
exports.up = async knex => {
  let last = 0;
  while (true) {
    const rows = await knex('events').where('id', '>', last).orderBy('id').limit(SIZE).select('id', 'body');
    if (!rows.length) break;
    await Promise.all(rows.map(row => knex('events').where({ id: row.id }).update({ body: JSON.stringify(row.body) })));
    last = rows[rows.length - 1].id;
  }
};
exports.down = async function () { /* nothing to undo */ };
