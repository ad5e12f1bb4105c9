import { builtinModules } from 'node:module';
import { dirname } from 'node:path';
import { installedVersion, type PackageVersions, packageName } from '../installed.ts';
import type { CodeProgram } from './program.ts';
import { reachedParts } from './reach.ts';

/** The packages that the code of a migration's data steps names, as they are installed; Node's own and cqlform are none. */
export function packagesOf(program: CodeProgram): PackageVersions {
  const modules = reachedParts(program).flatMap((part) => part.externals.map((one) => one.split('#')[0] ?? one));
  const names = new Set(modules.filter((module) => !module.startsWith('node:')).map(packageName));
  const known = [...names].filter((name) => name !== 'cqlform' && !builtinModules.includes(name)).sort();
  const folder = dirname(program.root.fileName);
  return Object.fromEntries(
    known.flatMap((name): readonly (readonly [string, string])[] => {
      const version = installedVersion(name, folder);
      return version === null ? [] : [[name, version]];
    }),
  );
}
