import { z } from 'zod';
import { verifyLevels } from '../model/journal.ts';
import { mostThreads } from '../ports/engines.ts';
import { compressionNamed, compressionWords } from './backup-form.ts';
import { encryptionSchema } from './backup-secret.ts';
import { retentionSchema, schedulesSchema, strategySchema } from './schedule-settings.ts';
import { sourcesSchema } from './source-addresses.ts';
import { storeName } from './store.ts';
import { storeSchema } from './store-settings.ts';

const secret = z.union([z.string(), z.object({ kind: z.literal('env'), name: z.string() })]);
const replication = z.union([
  z.number().int().positive(),
  z.record(z.string(), z.union([z.string(), z.number().int().nonnegative()])),
]);
const seconds = z.number().positive();
const tls = z.union([
  z.boolean(),
  z.strictObject({
    ca: z.string().optional(),
    cert: z.string().optional(),
    key: z.string().optional(),
    verify: z.boolean().optional(),
    serverName: z.string().min(1).optional(),
  }),
]);
/** Never the key itself. */
const keySource = z.union([
  z.object({ kind: z.literal('env'), name: z.string() }),
  z.strictObject({ command: z.array(z.string().min(1)).min(1) }),
]);
const settings = z.strictObject({
  keyspace: z.string().min(1),
  contactPoints: z.union([z.array(z.string().min(1)).min(1), secret]).optional(),
  localDataCenter: z.string().optional(),
  credentials: z.strictObject({ username: secret, password: secret }).optional(),
  tls: tls.optional(),
  migrations: z.string().min(1).optional(),
  ledgerKeyspace: z.string().min(1).optional(),
  lease: z
    .strictObject({ beat: seconds.optional(), takeover: seconds.optional(), grace: seconds.optional() })
    .refine(({ beat = 2, takeover = 10 }) => takeover >= 3 * beat, {
      message: 'takeover must be at least three times beat, so that one late heartbeat does not lose the lease',
    })
    .optional(),
  // More than an hour ahead is a mistake, as it is in what was written.
  dropMargin: z.number().min(1).max(3600).optional(),
  replication: replication.optional(),
  backup: z
    .strictObject({
      store: storeSchema.optional(),
      encryption: encryptionSchema.optional(),
      strategy: strategySchema.optional(),
      retention: retentionSchema.optional(),
      schedules: schedulesSchema.optional(),
      compression: z
        .string()
        .refine((text) => text !== 'none' && compressionNamed(text) !== null, { message: `say ${compressionWords}` })
        .optional(),
      writeTimes: z.boolean().optional(),
      stores: z.record(z.string().regex(storeName), storeSchema).optional(),
    })
    .optional(),
  protected: z.boolean().optional(),
  data: z.enum(['run', 'skip']).optional(),
  verifyCopies: z.enum(verifyLevels).optional(),
  threads: z.union([z.literal('auto'), z.int().min(0).max(mostThreads)]).optional(),
  lower: z.boolean().optional(),
  privacy: z.strictObject({ keys: z.record(z.string().regex(/^\w[\w-]*$/), keySource).optional() }).optional(),
  sources: sourcesSchema(tls).optional(),
});
/** What a configuration file may say. */
export const configSchema = settings.extend({
  environments: z.record(z.string(), settings.partial()).optional(),
});
export type Settings = z.infer<typeof settings>;
export type ConfigFile = z.infer<typeof configSchema>;
