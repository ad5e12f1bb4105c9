import { z } from 'zod';
import type { SourceAddress } from '../ports/source.ts';
import { type ClusterSetting, clusterAddressOf, clusterSchemas } from './cluster-addresses.ts';
import type { Secret } from './project.ts';
import { type EnvSetting, fromEnvironment, type Resolving, type TlsSetting, text } from './source-settings.ts';

const password = z.custom<z.infer<typeof fromEnvironment>>((value) => fromEnvironment.safeParse(value).success, {
  message: "a password does not stand here in the clear: give env('NAME')",
});
type Connection =
  | { url: string | EnvSetting; password?: EnvSetting | undefined; tls?: TlsSetting | undefined }
  | {
      host: string | EnvSetting;
      port?: number | undefined;
      database: string;
      user?: string | EnvSetting | undefined;
      password?: EnvSetting | undefined;
      tls?: TlsSetting | undefined;
    }
  | { file: string }
  | ClusterSetting;

/** The `sources` of the configuration. */
export function sourcesSchema(tls: z.ZodType<TlsSetting>): z.ZodType<Record<string, Connection>> {
  const url = text.refine((value) => !hasPassword(value), {
    message: "it has a password in the clear: give the whole address as env('NAME'), or the password beside it",
  });
  const byUrl = z.strictObject({
    url: z.union([fromEnvironment, url]),
    password: password.optional(),
    tls: tls.optional(),
  });
  const byHost = z.strictObject({
    host: z.union([fromEnvironment, text]),
    port: z.number().int().min(1).max(65_535).optional(),
    database: text,
    user: z.union([fromEnvironment, text]).optional(),
    password: password.optional(),
    tls: tls.optional(),
  });
  const byFile = z.strictObject({ file: text });
  const cluster = clusterSchemas(tls, password);
  const schemaFor = (has: (name: string) => boolean): z.ZodType<Connection> => {
    if (has('file')) return byFile;
    if (has('secureConnectBundle')) return cluster.byBundle;
    if (has('contactPoints')) return cluster.byNodes;
    return has('url') ? byUrl : byHost;
  };
  const connection = z.unknown().transform((value, context): Connection => {
    const has = (name: string): boolean => typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    const parsed = schemaFor(has).safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path, message });
    return z.NEVER;
  });
  return z.record(text, connection);
}

/** Also where the text is no proper address, so that nothing which may be a password gets through. */
function hasPassword(url: string): boolean {
  return /^[^/]*\/\/[^/@]*:[^@]*@/.test(url);
}

/** Addresses whose secrets are resolved by whoever connects. */
export function addressesOf(
  sources: Readonly<Record<string, Connection>>,
  { secretOf, tlsOf, path }: Resolving,
): Readonly<Record<string, SourceAddress>> {
  const secret = (value: string | EnvSetting | undefined): Secret | null =>
    value === undefined ? null : secretOf(value);
  return Object.fromEntries(
    Object.entries(sources).map(([name, one]): readonly [string, SourceAddress] => {
      if ('file' in one) return [name, { kind: 'file', path: path(one.file) }];
      if ('keyspace' in one) return [name, clusterAddressOf(one, { secretOf, tlsOf, path })];
      const common = { password: secret(one.password), tls: tlsOf(one.tls) };
      if ('url' in one) return [name, { kind: 'url', url: secretOf(one.url), ...common }];
      const { port = null, database } = one;
      return [name, { kind: 'host', host: secretOf(one.host), port, database, user: secret(one.user), ...common }];
    }),
  );
}
