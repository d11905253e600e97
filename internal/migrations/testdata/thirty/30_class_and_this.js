// want: does=unknown down=absent tables=
class Migrator {
  constructor(knex) { this.knex = knex; }
  async run() { await this.knex.schema.dropTable('hidden'); }
}
exports.up = async knex => { await new Migrator(knex).run(); };
