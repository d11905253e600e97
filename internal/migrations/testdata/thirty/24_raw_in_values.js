// want: does=add,rewrite down=absent tables=e
exports.up = async knex => {
  await knex.schema.alterTable('e', t => { t.string('full').nullable(); });
  await knex('e').update({ full: knex.raw("LOWER(??) || ':' || LOWER(COALESCE(??, 'default'))", ['a', 'b']) });
};
