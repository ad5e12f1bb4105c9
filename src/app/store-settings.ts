import { z } from 'zod';
import type { CloudAddress } from '../backup/stores/open.ts';
import { type EnvSetting, fromEnvironment, type Resolving, text } from './source-settings.ts';
import { azurePlaceIn, gcsPlaceIn, s3PlaceIn } from './store-url.ts';

/** Where backups go, as the configuration says it. */
export type AutomaticStore =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'local'; readonly folder: string; readonly appendOnly?: boolean }
  | { readonly kind: 'cloud'; readonly address: CloudAddress; readonly appendOnly?: boolean };

/** A place, once it is known what its paths and secrets refer to. */
export type StoreSetting = (resolving: Pick<Resolving, 'secretOf' | 'path'>) => AutomaticStore;

function appendOnlyOf({ appendOnly }: { readonly appendOnly?: boolean | undefined }): { readonly appendOnly?: true } {
  return appendOnly === true ? { appendOnly } : {};
}

const usualTimeoutSeconds = 60;
export const storeForms = 's3://bucket/path, gs://bucket/path or az://account/container/path';

const secret = z.custom<EnvSetting>((value) => fromEnvironment.safeParse(value).success, {
  message: "a secret does not stand here in the clear: give env('NAME')",
});
function address<P>(read: (text: string) => P | null): z.ZodType<P, string> {
  return z.string().transform((value, context): P => {
    const place = read(value);
    if (place !== null) return place;
    context.addIssue({ code: 'custom', message: `write it as ${storeForms}, without credentials` });
    return z.NEVER;
  });
}

const s3 = z
  .strictObject({
    url: address(s3PlaceIn),
    endpoint: z.url().optional(),
    timeout: z.number().positive().optional(),
    appendOnly: z.boolean().optional(),
    region: text.optional(),
    pathStyle: z.boolean().optional(),
    storageClass: text.optional(),
    serverSideEncryption: z.enum(['AES256', 'aws:kms', 'aws:kms:dsse']).optional(),
    kmsKey: text.optional(),
    credentials: z
      .strictObject({
        accessKeyId: z.union([fromEnvironment, text]),
        secretAccessKey: secret,
        sessionToken: secret.optional(),
      })
      .optional(),
  })
  .transform(
    ({ url: place, credentials, ...said }): StoreSetting =>
      ({ secretOf }) => {
        const settings = {
          endpoint: said.endpoint ?? null,
          timeoutMs: (said.timeout ?? usualTimeoutSeconds) * 1000,
          region: said.region ?? null,
          pathStyle: said.pathStyle ?? said.endpoint !== undefined,
          storageClass: said.storageClass ?? null,
          serverSideEncryption: said.serverSideEncryption ?? null,
          kmsKey: said.kmsKey ?? null,
          credentials:
            credentials === undefined
              ? null
              : () => ({
                  accessKeyId: secretOf(credentials.accessKeyId)(),
                  secretAccessKey: secretOf(credentials.secretAccessKey)(),
                  ...(credentials.sessionToken === undefined
                    ? {}
                    : { sessionToken: secretOf(credentials.sessionToken)() }),
                }),
        };
        return { kind: 'cloud', address: { kind: 's3', place, settings }, ...appendOnlyOf(said) };
      },
  );

const gcs = z
  .strictObject({
    url: address(gcsPlaceIn),
    endpoint: z.url().optional(),
    timeout: z.number().positive().optional(),
    appendOnly: z.boolean().optional(),
    keyFile: text.optional(),
    storageClass: text.optional(),
    kmsKey: text.optional(),
  })
  .transform(
    ({ url: place, keyFile, ...said }): StoreSetting =>
      ({ path }) => {
        const settings = {
          endpoint: said.endpoint ?? null,
          timeoutMs: (said.timeout ?? usualTimeoutSeconds) * 1000,
          keyFile: keyFile === undefined ? null : path(keyFile),
          storageClass: said.storageClass ?? null,
          kmsKey: said.kmsKey ?? null,
        };
        return { kind: 'cloud', address: { kind: 'gcs', place, settings }, ...appendOnlyOf(said) };
      },
  );

const azure = z
  .strictObject({
    url: address(azurePlaceIn),
    endpoint: z.url().optional(),
    timeout: z.number().positive().optional(),
    appendOnly: z.boolean().optional(),
    accessTier: z.enum(['Hot', 'Cool', 'Cold']).optional(),
    encryptionScope: text.optional(),
    accountKey: secret.optional(),
    sasToken: secret.optional(),
  })
  .transform(
    ({ url: place, accountKey, sasToken, ...said }): StoreSetting =>
      ({ secretOf }) => {
        const settings = {
          endpoint: said.endpoint ?? null,
          timeoutMs: (said.timeout ?? usualTimeoutSeconds) * 1000,
          accessTier: said.accessTier ?? null,
          encryptionScope: said.encryptionScope ?? null,
          credentials:
            accountKey !== undefined
              ? () => ({ kind: 'key' as const, key: secretOf(accountKey)() })
              : sasToken !== undefined
                ? () => ({ kind: 'sas' as const, token: secretOf(sasToken)() })
                : null,
        };
        return { kind: 'cloud', address: { kind: 'azure', place, settings }, ...appendOnlyOf(said) };
      },
  );

const folder = z.strictObject({ local: text, appendOnly: z.boolean().optional() }).transform(
  (said): StoreSetting =>
    ({ path }) => ({ kind: 'local', folder: path(said.local), ...appendOnlyOf(said) }),
);
const cluster = z.literal('cluster', { message: `name it as 'cluster', { local: 'folder' }, or ${storeForms}` });

/** A place for backups in the configuration. */
export const storeSchema: z.ZodType<StoreSetting> = z.unknown().transform((value, context): StoreSetting => {
  const parsed = schemaFor(value).safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});

function schemaFor(value: unknown): z.ZodType<StoreSetting> {
  if (typeof value === 'string') {
    const found = bucketNamed(value);
    return found === null ? cluster.transform((): StoreSetting => () => ({ kind: 'cluster' })) : found;
  }
  const url = typeof value === 'object' && value !== null && 'url' in value ? String(value.url) : null;
  if (url === null) return folder;
  return url.startsWith('gs:') ? gcs : url.startsWith('az:') ? azure : s3;
}

function bucketNamed(url: string): z.ZodType<StoreSetting> | null {
  const schema = url.startsWith('s3:') ? s3 : url.startsWith('gs:') ? gcs : url.startsWith('az:') ? azure : null;
  return schema === null
    ? null
    : z
        .string()
        .transform(() => ({ url }))
        .pipe(schema);
}

/** A bucket of which nothing is said but where it is; null for a text that is no such address. */
export function cloudNamed(url: string): CloudAddress | null {
  const parsed = bucketNamed(url)?.safeParse(url);
  if (parsed?.success !== true) return null;
  const found = parsed.data({ secretOf: () => () => '', path: (one) => one });
  return found.kind === 'cloud' ? found.address : null;
}
