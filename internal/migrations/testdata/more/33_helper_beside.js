// want: does=add,unknown|unknown down=present tables=*
const { dropAll } = require('./helpers/20200101_shared');
exports.up = async knex => {
  await knex.schema.alterTable('users', t => { t.text('motto'); });
  await dropAll(knex);
};
exports.down = async knex => { await knex.schema.alterTable('users', t => { t.dropColumn('motto'); }); };
