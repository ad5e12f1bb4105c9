import { Project, ts } from 'ts-morph';
import type { Diagnostic } from './diagnostic.ts';
import type { MadeDate } from './rules/text-dates.ts';

/**
 * Those of the dates that are made of a text, by the types that the compiler finds: without a zone in it, it is read in
 * that of the machine. `config` is the tsconfig.json that names their files.
 */
export function textDates(config: string, dates: readonly MadeDate[]): readonly Diagnostic[] {
  const project = new Project({ tsConfigFilePath: config });
  const checker = project.getTypeChecker().compilerObject;
  return dates.flatMap(({ spot, call, part }) => {
    const file = project.getSourceFile(spot.path)?.compilerNode;
    if (file === undefined || spot.line === null || spot.column === null) return [];
    const value = expressionAt(file, file.getPositionOfLineAndCharacter(spot.line - 1, spot.column - 1));
    if (value === null || !mayBeText(checker.getTypeAtLocation(value))) return [];
    const found: Diagnostic = {
      code: 'IMPURE_ENVIRONMENT',
      severity: 'warning',
      ...spot,
      reason: `${call}() of a text, read in the machine's time zone where it names none, in ${part}: the same row would not always give the same`,
      fix: 'Use `to.timestamp(text)`, which rejects a row whose text names no zone, or add the zone that it means.',
      mechanical: false,
    };
    return [found];
  });
}

/** The largest expression that begins there: `row` of `row.at` begins where that does. */
function expressionAt(file: ts.SourceFile, position: number): ts.Expression | null {
  let found: ts.Expression | null = null;
  const visit = (node: ts.Node): void => {
    if (found !== null || position < node.getStart(file) || position >= node.getEnd()) return;
    const isArgument = ts.isExpression(node) && node.getStart(file) === position;
    if (isArgument) found = node;
    else node.forEachChild(visit);
  };
  visit(file);
  return found;
}

function mayBeText(type: ts.Type): boolean {
  if (type.isUnion()) return type.types.some(mayBeText);
  return (type.flags & ts.TypeFlags.StringLike) !== 0;
}
