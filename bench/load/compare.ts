import { readFileSync } from 'node:fs';
import { machine, median, table } from '../timing.ts';
import type { Cost } from './measure.ts';

export interface Contender {
  readonly name: string;
  run(): Promise<Cost>;
}

export interface Comparison {
  readonly title: string;
  readonly rows: number;
  readonly rounds: number;
  /** Those after which the others are measured: ratios are taken within each round. */
  readonly references: readonly string[];
  /** Of the server, if it is one of our own; null: its cost is not told. */
  readonly server: number | null;
  /** Done before each run, and not measured. */
  readonly before: () => Promise<void>;
}

type Measured = Cost & { readonly serverSeconds: number };

/** Runs contenders in turn, round after round, and prints their medians. */
export async function compare(contenders: readonly Contender[], comparison: Comparison): Promise<void> {
  const { title, rows, rounds, references, server, before } = comparison;
  const costs = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, run } of contenders) {
      await before();
      const begun = cpuSecondsOf(server);
      const cost = { ...(await run()), serverSeconds: 0 };
      const measured = { ...cost, serverSeconds: cpuSecondsOf(server) - begun };
      costs.get(name)?.push(measured);
      process.stderr.write(`${title} ${name}: ${JSON.stringify({ ...measured, stdout: undefined })} ${machine()}\n`);
    }
  }
  const shown = (value: number, digits = 1): string => (Number.isNaN(value) ? '' : value.toFixed(digits));
  const lines = contenders.map(({ name }) => {
    const of = costs.get(name) ?? [];
    const mid = (pick: (cost: Measured) => number): number => median(of.map(pick));
    return [
      name,
      Math.round(rows / mid(({ seconds }) => seconds)).toLocaleString('en-US'),
      shown(mid(({ seconds }) => seconds)),
      shown(mid(({ cpuSeconds }) => cpuSeconds)),
      shown(mid(({ serverSeconds }) => serverSeconds)),
      shown(
        mid(({ megabytes }) => megabytes),
        0,
      ),
      ...references.map((reference) => against(of, costs.get(reference) ?? [])),
    ];
  });
  const head = ['', 'rows/s', 'seconds', 'client CPU-s', 'server CPU-s', 'peak MB'];
  const besides = references.map((reference) => `rows/s and CPU beside ${reference}`);
  process.stdout.write(
    `\n### ${title}, ${rows.toLocaleString('en-US')} rows, median of ${rounds}\n\n${table([...head, ...besides], lines)}\n`,
  );
}

/** How many times the rows per second, and what part of the CPU-seconds. */
function against(of: readonly Measured[], reference: readonly Measured[]): string {
  const ratios = (pick: (cost: Measured) => number): number =>
    median(of.flatMap((cost, round) => (reference[round] === undefined ? [] : [pick(reference[round]) / pick(cost)])));
  const cpu = ratios(({ cpuSeconds }) => cpuSeconds);
  return `${ratios(({ seconds }) => seconds).toFixed(2)}×, ${cpu >= 1 ? `1/${cpu.toFixed(1)}` : `${(1 / cpu).toFixed(1)}×`}`;
}

const ticksPerSecond = 100;

function cpuSecondsOf(server: number | null): number {
  if (server === null || process.platform !== 'linux') return Number.NaN;
  const stat = readFileSync(`/proc/${server}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
