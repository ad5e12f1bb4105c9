import { defineConfig, env } from 'cqlform';

export default defineConfig({
  keyspace: 'KEYSPACE',
  // How the keyspace is replicated when it is created: one copy for development.
  replication: 1,
  environments: {
    // `cqlform plan --env production`
    production: {
      contactPoints: env('CASSANDRA_CONTACT_POINTS'),
      localDataCenter: 'datacenter1',
      credentials: { username: env('CASSANDRA_USERNAME'), password: env('CASSANDRA_PASSWORD') },
      replication: { datacenter1: 3 },
      protected: true,
    },
  },
});
