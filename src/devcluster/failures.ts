import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CqlformError } from '../kernel/errors.ts';
import { logFileOf, type NodeState, nodeFolderOf } from './state.ts';

/** The error of a node that ended, or never took clients, while starting: what its logs say, and where they are. */
export async function startFailure(folder: string, node: NodeState, what: string): Promise<CqlformError> {
  const log = logFileOf(folder, node);
  const output = join(nodeFolderOf(folder, node), 'logs', 'output.log');
  const [logged, printed] = await Promise.all([log, output].map((path) => readFile(path, 'utf8').catch(() => '')));
  const lines = [...new Set([...tellingLines(logged ?? ''), ...tellingLines(printed ?? '')])].slice(-6);
  const reason = lines.length === 0 ? 'its logs say nothing' : lines.join('\n  ');
  const { code, next } = diagnosisOf(lines.join('\n'), log);
  return new CqlformError(code, `${node.name} (${node.address}) ${what}:\n  ${reason}`, {
    next,
    fields: { node: node.name, log, output, lines },
    retryable: code === 'ADDRESS_IN_USE',
  });
}

/** The lines that say why a server gave up: errors and the exceptions under them, without stack frames. */
function tellingLines(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const telling = lines.filter(
    (line) =>
      /^(ERROR|FATAL)\b/.test(line) ||
      /^(Caused by: |Exception|Error[: ])/.test(line) ||
      /^[\w.$]+(Exception|Error): /.test(line) ||
      /in use|Unrecognized|Could not (create|find|reserve)|Unsupported/i.test(line),
  );
  const chosen = telling.length > 0 ? telling : lines.filter((line) => line !== '' && !/^(WARN|OpenJDK)/.test(line));
  return [...new Set(chosen.slice(-4).map((line) => line.slice(0, 400)))];
}

function diagnosisOf(text: string, log: string): { readonly code: string; readonly next: string } {
  if (/in use|BindException|Failed to bind/i.test(text)) {
    return { code: 'ADDRESS_IN_USE', next: 'End the other server on that port, then run the command again.' };
  }
  if (/UnsupportedClassVersionError|Unsupported Java|Unrecognized (VM )?option/i.test(text)) {
    return { code: 'JAVA_WRONG_VERSION', next: 'Set JAVA_HOME to a Java 17, then run the command again.' };
  }
  if (/Could not reserve|OutOfMemoryError|Cannot allocate memory/i.test(text)) {
    return { code: 'NODE_OUT_OF_MEMORY', next: 'Free memory or ask for a smaller heap, then run the command again.' };
  }
  return { code: 'NODE_START_FAILED', next: `Read ${log}; mend what it names, then run the command again.` };
}
