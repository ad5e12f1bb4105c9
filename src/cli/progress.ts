import type { Output } from './output.ts';
import type { ProgressLine } from './view/progress.ts';

/** Shows how far a long piece of work is, and takes the line away when it ends. `restart`: rates are those from then on. */
export async function withProgress<T>(
  output: Output,
  title: string,
  work: (onProgress: ProgressLine['update'], restart: () => void) => Promise<T>,
): Promise<T> {
  const { ProgressLine } = await import('./view/progress.ts');
  const line = new ProgressLine(output);
  line.begin(title);
  try {
    return await work(
      (progress) => line.update(progress),
      () => line.restart(),
    );
  } finally {
    line.end();
  }
}
