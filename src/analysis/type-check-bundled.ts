import { Project, ts } from 'ts-morph';
import type { Diagnostic } from './diagnostic.ts';
import { typeError } from './type-check.ts';

/** The findings of the compiler that ts-morph brings. */
export function bundledDiagnostics(config: string): readonly Diagnostic[] {
  const project = new Project({ tsConfigFilePath: config });
  const found = [...project.getConfigFileParsingDiagnostics(), ...project.getPreEmitDiagnostics()];
  return found.map(({ compilerObject: one }) => {
    const text = ts.flattenDiagnosticMessageText(one.messageText, ' ');
    const { file, start } = one;
    if (file === undefined || start === undefined)
      return typeError({ path: config, line: null, column: null }, `TS${one.code}`, text);
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    return typeError({ path: file.fileName, line: line + 1, column: character + 1 }, `TS${one.code}`, text);
  });
}
