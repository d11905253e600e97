// want: does=alter down=present tables=jobs,users
exports.up = async knex => {
  await knex.raw(`ALTER TABLE ONLY jobs ADD CONSTRAINT jobs_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID`);
  await knex.raw(`ALTER TABLE jobs VALIDATE CONSTRAINT jobs_user_fk`);
};
exports.down = async knex => { await knex.schema.alterTable('jobs', t => t.dropForeign('user_id', 'jobs_user_fk')); };
