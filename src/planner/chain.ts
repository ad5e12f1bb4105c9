import type { Ddl } from '../model/ddl.ts';
import type { Work } from '../model/step.ts';
import { ddlWork } from './conditions.ts';
import { afterDdl, type World } from './world.ts';

/** Statements in turn, each with its conditions; an index is waited for. */
export function chain(start: World, statements: readonly Ddl[]): readonly Work[] {
  let world = start;
  return statements.flatMap((ddl): readonly Work[] => {
    const work = ddlWork(ddl, world);
    world = afterDdl(world, ddl);
    return ddl.kind === 'create-index' ? [work, waitFor(ddl.index.name)] : [work];
  });
}

export function waitFor(index: string): Extract<Work, { readonly kind: 'wait' }> {
  return { kind: 'wait', for: { kind: 'index-queryable', index } };
}
