// want: does=add,rewrite down=absent tables=jobs,users_flat tx=no
exports.config = { ...{ transaction: true }, transaction: false };
exports.up = async knex => {
  await knex.schema.createTable('users_flat', t => { t.integer('user_id').primary(); t.text('doc'); });
  for (let last = 0, page; (page = await knex('users').where('id', '>', last).orderBy('id').limit(100)).length; last = page.at(-1).id) {
    await knex.batchInsert('users_flat', page.map(({ id, name }) => ({ user_id: id, doc: JSON.stringify({ name }) })), 50);
  }
  await knex.transaction(async trx => { await trx.table('jobs').increment('tries', 1).where({ state: 'x' }); });
};
