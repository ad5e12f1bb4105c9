import type { Flow, FlowChange, FlowState } from '../ports/flow.ts';
import type { Output } from './output.ts';
import { stops } from './signals.ts';

/** Windows has no such signal. */
const pauseSignal: NodeJS.Signals | null = process.platform === 'win32' ? null : 'SIGUSR2';
const clearLine = '\r\u001b[2K';

/**
 * Says why rows flow as they do, and lets SIGUSR2 stop them and let them go on. (SIGUSR1 is Node's own, and SIGTSTP would
 * stop the heartbeat of the lease, too.) `events`: the command prints one JSON value per line.
 */
export async function withFlow<T>(
  flow: Flow,
  { output, events }: { readonly output: Output; readonly events: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const tell = (change: FlowChange): void => {
    if (change.kind === 'state') output.status.text = statusOf(change.state);
    if (output.json) (events ? output.out : output.err)(JSON.stringify(eventOf(change)));
    else output.err(`${output.live ? clearLine : ''}${output.paint.warn(wordsOf(change))}`);
  };
  const unwatch = flow.watch(tell);
  const toggle = (): void => (flow.state.kind === 'paused' ? flow.resume() : flow.pause());
  // whoever wants it to stop does not want it to wait
  const end = (): void => flow.resume();
  if (pauseSignal !== null) process.on(pauseSignal, toggle);
  for (const name of stops) process.on(name, end);
  try {
    return await work();
  } finally {
    unwatch();
    output.status.text = null;
    if (pauseSignal !== null) process.off(pauseSignal, toggle);
    for (const name of stops) process.off(name, end);
  }
}

function statusOf(state: FlowState): string | null {
  if (state.kind === 'free') return null;
  return state.kind === 'paused' ? 'paused' : state.kind;
}

function wordsOf(change: FlowChange): string {
  if (change.kind === 'unseen') {
    return `the servers' own load cannot be read (${change.reason}): the pace follows answers and time-outs only`;
  }
  const { state } = change;
  switch (state.kind) {
    case 'free':
      return 'going on at full pace';
    case 'paused':
      return `paused: \`kill -USR2 ${process.pid}\` goes on`;
    case 'slowed':
      return `slowed down: ${state.why}`;
    case 'held':
      return `nothing is written for a while: ${state.why}`;
  }
}

function eventOf(change: FlowChange): object {
  if (change.kind === 'unseen') return { kind: 'flow', state: 'unseen', why: change.reason };
  const { state } = change;
  return { kind: 'flow', state: state.kind, why: 'why' in state ? state.why : null };
}
