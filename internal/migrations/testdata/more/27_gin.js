// want: does=add,index down=present tables=orders
exports.up = async knex => {
  await knex.schema.alterTable('orders', t => { t.specificType('doc', 'tsvector'); t.index(['doc'], 'orders_doc_gin', 'GIN'); });
};
exports.down = async knex => { await knex.schema.alterTable('orders', t => { t.dropIndex(['doc'], 'orders_doc_gin'); t.dropColumn('doc'); }); };
