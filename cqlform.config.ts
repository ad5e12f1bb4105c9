import { defineConfig } from 'cqlform';

/** The demo's own project: `npm run demo` runs it against a Cassandra that it starts itself. */
export default defineConfig({
  keyspace: 'cinema',
  replication: 1,
  migrations: 'migrations',
});
