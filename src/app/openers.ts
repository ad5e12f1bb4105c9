import { createOpenTable } from '../cassandra/other-cluster.ts';
import type { OpenTable } from '../ports/cluster-source.ts';
import type { OpenSource } from '../ports/source.ts';
import { createOpenSource } from '../sources/open.ts';
import type { Project } from './project.ts';

/** What opens the sources that migrations declare. */
export interface Openers {
  readonly openSource: OpenSource;
  readonly openTable: OpenTable;
}

export function openersOf({ folder, sources }: Pick<Project, 'folder' | 'sources'>): Openers {
  return {
    openSource: createOpenSource({ projectFolder: folder, addresses: sources }),
    openTable: createOpenTable(sources),
  };
}
