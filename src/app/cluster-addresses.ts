import { z } from 'zod';
import type { ClusterAddress } from '../ports/source.ts';
import { contactPointsIn } from './contact-points.ts';
import { type EnvSetting, fromEnvironment, type Resolving, type TlsSetting, text } from './source-settings.ts';

const consistency = z.enum(['ALL', 'QUORUM', 'LOCAL_QUORUM', 'ONE', 'LOCAL_ONE']);

interface Common {
  keyspace: string;
  credentials?: { username: string | EnvSetting; password: EnvSetting } | undefined;
  consistency?: z.infer<typeof consistency> | undefined;
}
type ByNodes = Common & {
  contactPoints: string[] | string | EnvSetting;
  localDataCenter?: string | undefined;
  tls?: TlsSetting | undefined;
};
type ByBundle = Common & { secureConnectBundle: string };
/** A cluster among the `sources` of the configuration. */
export type ClusterSetting = ByNodes | ByBundle;

export function clusterSchemas(
  tls: z.ZodType<TlsSetting>,
  password: z.ZodType<EnvSetting>,
): { readonly byNodes: z.ZodType<ByNodes>; readonly byBundle: z.ZodType<ByBundle> } {
  const common = {
    keyspace: text.regex(/^\w{1,48}$/, { message: 'Cassandra has no such names' }),
    credentials: z.strictObject({ username: z.union([fromEnvironment, text]), password }).optional(),
    consistency: consistency.optional(),
  };
  return {
    byNodes: z.strictObject({
      ...common,
      contactPoints: z.union([z.array(text).min(1), text, fromEnvironment]),
      localDataCenter: text.optional(),
      tls: tls.optional(),
    }),
    byBundle: z.strictObject({ ...common, secureConnectBundle: text }),
  };
}

export function clusterAddressOf(one: ClusterSetting, { secretOf, tlsOf, path }: Resolving): ClusterAddress {
  const { keyspace, credentials, consistency = 'LOCAL_QUORUM' } = one;
  const common = {
    kind: 'cluster',
    keyspace,
    consistency,
    credentials:
      credentials === undefined
        ? null
        : { username: secretOf(credentials.username), password: secretOf(credentials.password) },
  } as const;
  if ('secureConnectBundle' in one) return { ...common, at: { kind: 'bundle', path: path(one.secureConnectBundle) } };
  const { contactPoints, localDataCenter = null, tls } = one;
  const points = (): readonly string[] =>
    contactPointsIn(Array.isArray(contactPoints) ? contactPoints : secretOf(contactPoints)());
  return { ...common, at: { kind: 'nodes', contactPoints: points, localDataCenter, tls: tlsOf(tls) } };
}
