// want: does=add,drop down=present tables=*
exports.up = knex => knex.schema.dropViewIfExists('active_users').createView('active_users', v => { v.columns(['id']); v.as(knex('users').select('id')); });
exports.down = knex => knex.schema.dropView('active_users');
