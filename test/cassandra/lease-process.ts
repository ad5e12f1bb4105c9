import { createInterface } from 'node:readline';
import { CqlformError, reasonOf } from '../../src/kernel/errors.ts';
import type { HeldLease } from '../../src/ports/journal.ts';
import { openLedgerProcess, type ProcessOrder } from './lease-process-order.ts';

// A process of its own that takes leases and writes the ledger, told by lines of JSON on its standard input.
const settings: ProcessOrder = JSON.parse(process.argv[2] ?? '{}');
const { journal, connection } = await openLedgerProcess(settings);
let lease: HeldLease | undefined;

async function answer([verb, value]: readonly [string, number]): Promise<unknown> {
  switch (verb) {
    case 'prepare':
      return journal.prepare();
    case 'take': {
      lease = await journal.take({ owner: settings.owner, timeoutMs: value, onWait: () => undefined });
      return lease.fence;
    }
    case 'write':
      return journal.write({
        kind: 'floor',
        table: `${settings.owner}${value}`,
        timestamp: String(value),
        reason: 'test',
      });
    case 'assert':
      return lease?.assertHeld();
    case 'release':
      return lease?.release();
    case 'block': {
      const end = Date.now() + value;
      while (Date.now() < end);
      return null;
    }
    default:
      throw new TypeError(`no verb ${verb}`);
  }
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

say({ ready: process.pid });
for await (const line of createInterface({ input: process.stdin })) {
  const order: readonly [string, number] = JSON.parse(line);
  // Ends without giving the lease back, by having nothing left to do.
  if (order[0] === 'leave') break;
  try {
    say({ value: (await answer(order)) ?? null });
  } catch (thrown) {
    say({ code: thrown instanceof CqlformError ? thrown.code : 'OTHER', message: reasonOf(thrown) });
  }
}
await connection.shutdown();
process.stdin.destroy();
