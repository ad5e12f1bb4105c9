import { ownModules, ownModuleUrl } from './import-module.ts';

/** By specifier (`cqlform`, `cqlform/files`), the values that it exports; types have no trace in them. */
export type OwnExports = ReadonlyMap<string, readonly string[]>;

export async function ownExports(): Promise<OwnExports> {
  const entries = ownModules.map(async (name) => {
    const module = (await import(ownModuleUrl(name).href)) as Readonly<Record<string, unknown>>;
    return [name === 'index' ? 'cqlform' : `cqlform/${name}`, Object.keys(module).sort()] as const;
  });
  return new Map(await Promise.all(entries));
}
