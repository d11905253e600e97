// want: does=alter|index|alter,index down=present tables=jobs|public.jobs
exports.up = knex => knex.schema.withSchema('public').alterTable('jobs', t => { t.unique(['state', 'id'], { indexName: 'jobs_state_id_uq' }); });
exports.down = knex => knex.schema.withSchema('public').alterTable('jobs', t => { t.dropUnique(['state', 'id'], 'jobs_state_id_uq'); });
