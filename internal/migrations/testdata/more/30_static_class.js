// want: does=add,alter down=present tables=users
class Migration {
  static #column = 'score';
  static async up(knex) { await knex.schema.alterTable('users', t => { t.integer(Migration.#column).defaultTo(0).notNullable(); }); await this.strict(knex); }
  static async strict(knex) { await knex.raw('ALTER TABLE ?? ALTER COLUMN ?? DROP DEFAULT', ['users', Migration.#column]); }
  static down(knex) { return knex.schema.alterTable('users', t => t.dropColumn(Migration.#column)); }
}
exports.up = Migration.up.bind(Migration);
exports.down = Migration.down;
