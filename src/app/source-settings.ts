import { z } from 'zod';
import type { TlsFiles } from '../ports/source.ts';
import type { Secret } from './project.ts';

/** `env('NAME')`. */
export const fromEnvironment: z.ZodObject<{ kind: z.ZodLiteral<'env'>; name: z.ZodString }> = z.object({
  kind: z.literal('env'),
  name: z.string(),
});
export type EnvSetting = z.infer<typeof fromEnvironment>;

export const text: z.ZodString = z.string().min(1);

export type TlsSetting =
  | boolean
  | {
      ca?: string | undefined;
      cert?: string | undefined;
      key?: string | undefined;
      verify?: boolean | undefined;
      serverName?: string | undefined;
    };

/** How settings become values: secrets stay functions, paths become absolute. */
export interface Resolving {
  readonly secretOf: (value: string | EnvSetting) => Secret;
  readonly tlsOf: (tls: TlsSetting | undefined) => TlsFiles | null;
  readonly path: (one: string) => string;
}
