import { execFile } from 'node:child_process';

/** The commit that a folder is at; null outside a repository or without git. */
export function gitCommit(folder: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('git', ['rev-parse', 'HEAD'], { cwd: folder, timeout: 5_000 }, (error, stdout) => {
      resolve(error === null ? stdout.trim() : null);
    });
  });
}
