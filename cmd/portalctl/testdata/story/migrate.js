// migrate.js RELEASE MODE: what the backends of a release do at boot, with the
// real knex: migrate.latest for every plugin's own migrations, and for the
// tables of the scheduler and of service tokens in its database. RELEASE is a
// folder whose node_modules has the plugins' packages. Prints one line for each
// migration folder that changed something or failed; exit 1 when one failed.
const path = require('path');
const knexFactory = require('knex');

const [release, mode] = process.argv.slice(2);
const pkg = name => path.join(release, 'node_modules', '@backstage', name, 'migrations');
const plugins = {
  catalog: 'plugin-catalog-backend', scaffolder: 'plugin-scaffolder-backend', auth: 'plugin-auth-backend',
  app: 'plugin-app-backend', search: 'plugin-search-backend-module-pg', events: 'plugin-events-backend',
  notifications: 'plugin-notifications-backend', 'user-settings': 'plugin-user-settings-backend',
};
const scheduled = ['catalog', 'scaffolder', 'search', 'auth', 'app', 'notifications', 'events'];
const jobs = [];
for (const [id, name] of Object.entries(plugins)) {
  jobs.push({ id, directory: pkg(name), tableName: 'knex_migrations' });
  if (scheduled.includes(id)) {
    jobs.push({ id, directory: path.join(pkg('backend-defaults'), 'scheduler'), tableName: 'backstage_backend_tasks__knex_migrations' });
  }
  jobs.push({ id, directory: path.join(pkg('backend-defaults'), 'auth'), tableName: 'backstage_backend_public_keys__knex_migrations' });
}

(async () => {
  let failed = 0;
  for (const { id, directory, tableName } of jobs) {
    const knex = knexFactory({
      client: 'pg', useNullAsDefault: true, pool: { min: 0, max: 2 },
      connection: { host: process.env.DB_HOST, port: +process.env.DB_PORT, user: process.env.DB_USER, password: process.env.DB_PASSWORD,
        database: mode === 'schema' ? 'backstage' : `backstage_plugin_${id}` },
      ...(mode === 'schema' ? { searchPath: [id] } : {}),
    });
    try {
      if (mode === 'schema') await knex.raw('CREATE SCHEMA IF NOT EXISTS ??', [id]);
      const [, ran] = await knex.migrate.latest({ directory, tableName });
      if (ran.length > 0) console.log(`${id} ${tableName} +${ran.length}`);
    } catch (error) {
      failed++;
      console.log(`${id} ${tableName} FAILED: ${error.message}`);
    }
    await knex.destroy();
  }
  process.exit(failed > 0 ? 1 : 0);
})();
