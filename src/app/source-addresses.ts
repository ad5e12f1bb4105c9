import { z } from 'zod';
import type { SourceAddress, TlsFiles } from '../ports/source.ts';
import type { Secret } from './project.ts';

const fromEnvironment = z.object({ kind: z.literal('env'), name: z.string() });
const password = z.custom<z.infer<typeof fromEnvironment>>((value) => fromEnvironment.safeParse(value).success, {
  message: "a password does not stand here in the clear: give env('NAME')",
});
const text = z.string().min(1);

type TlsSetting =
  | boolean
  | {
      ca?: string | undefined;
      cert?: string | undefined;
      key?: string | undefined;
      verify?: boolean | undefined;
      serverName?: string | undefined;
    };
type EnvSetting = z.infer<typeof fromEnvironment>;
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
  | { file: string };

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
  const connection = z.unknown().transform((value, context): Connection => {
    const has = (name: string): boolean => typeof value === 'object' && value !== null && name in value;
    const schema = has('file') ? byFile : has('url') ? byUrl : byHost;
    const parsed = schema.safeParse(value);
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
  {
    secretOf,
    tlsOf,
    path,
  }: {
    readonly secretOf: (value: string | EnvSetting) => Secret;
    readonly tlsOf: (tls: TlsSetting | undefined) => TlsFiles | null;
    readonly path: (one: string) => string;
  },
): Readonly<Record<string, SourceAddress>> {
  const secret = (value: string | EnvSetting | undefined): Secret | null =>
    value === undefined ? null : secretOf(value);
  return Object.fromEntries(
    Object.entries(sources).map(([name, one]): readonly [string, SourceAddress] => {
      if ('file' in one) return [name, { kind: 'file', path: path(one.file) }];
      const common = { password: secret(one.password), tls: tlsOf(one.tls) };
      if ('url' in one) return [name, { kind: 'url', url: secretOf(one.url), ...common }];
      const { port = null, database } = one;
      return [name, { kind: 'host', host: secretOf(one.host), port, database, user: secret(one.user), ...common }];
    }),
  );
}
