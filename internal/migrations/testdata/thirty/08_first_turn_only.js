// want: does=drop,rewrite down=absent tables=a,b
exports.up = async knex => {
  let first = true;
  for (;;) {
    if (first) { await knex('a').update({ x: 1 }); first = false; }
    else { await knex.schema.dropTable('b'); break; }
  }
};
