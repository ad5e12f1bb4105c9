/** A duration as Cassandra keeps it: three counts that do not convert into each other, none of opposite sign. */
export interface DurationParts {
  readonly months: bigint;
  readonly days: bigint;
  readonly nanoseconds: bigint;
}

type Count = keyof DurationParts;
interface Unit {
  readonly text: string;
  readonly count: Count;
  readonly size: bigint;
}

/** From the largest to the smallest, which is the order that a text must keep. */
const units: readonly Unit[] = [
  { text: 'y', count: 'months', size: 12n },
  { text: 'mo', count: 'months', size: 1n },
  { text: 'w', count: 'days', size: 7n },
  { text: 'd', count: 'days', size: 1n },
  { text: 'h', count: 'nanoseconds', size: 3_600_000_000_000n },
  { text: 'm', count: 'nanoseconds', size: 60_000_000_000n },
  { text: 's', count: 'nanoseconds', size: 1_000_000_000n },
  { text: 'ms', count: 'nanoseconds', size: 1_000_000n },
  { text: 'us', count: 'nanoseconds', size: 1000n },
  { text: 'ns', count: 'nanoseconds', size: 1n },
];

const unitsPattern =
  /^(?:(\d+)y)?(?:(\d+)mo)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?(?:(\d+)(?:us|µs|μs))?(?:(\d+)ns)?$/i;
const isoPattern = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const isoAlternativePattern = /^P(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})$/;

/** Reads `1y2mo3d4h5m6s7ms8us9ns`, ISO 8601 `P1Y2M3DT4H5M6S`, `P2W` and `P0001-02-03T04:05:06`, each with an optional minus; null when it is none. */
export function durationOfText(text: string): DurationParts | null {
  const negative = text.startsWith('-');
  const body = negative ? text.slice(1) : text;
  const amounts = amountsOf(body);
  if (amounts === null) return null;
  const parts = { months: 0n, days: 0n, nanoseconds: 0n };
  units.forEach(({ count, size }, index) => {
    parts[count] += BigInt(amounts[index] ?? 0) * size;
  });
  const signed = negative ? { months: -parts.months, days: -parts.days, nanoseconds: -parts.nanoseconds } : parts;
  return isDuration(signed) ? signed : null;
}

/** `1y2mo3d4h5m6s7ms8us9ns`, the units that count nothing left out; `0ns` when there is nothing at all. */
export function textOfDuration(duration: DurationParts): string {
  const { months, days, nanoseconds } = duration;
  const negative = months < 0n || days < 0n || nanoseconds < 0n;
  const left: Record<Count, bigint> = {
    months: magnitude(months),
    days: magnitude(days),
    nanoseconds: magnitude(nanoseconds),
  };
  let text = '';
  for (const unit of units) {
    if (unit.text === 'w' || left[unit.count] < unit.size) continue;
    text += `${left[unit.count] / unit.size}${unit.text}`;
    left[unit.count] %= unit.size;
  }
  return text === '' ? '0ns' : `${negative ? '-' : ''}${text}`;
}

/** True when the counts fit (months and days 32 bits, nanoseconds 64) and none has the opposite sign of another. */
export function isDuration({ months, days, nanoseconds }: DurationParts): boolean {
  const fit =
    BigInt.asIntN(32, months) === months &&
    BigInt.asIntN(32, days) === days &&
    BigInt.asIntN(64, nanoseconds) === nanoseconds;
  const positive = months > 0n || days > 0n || nanoseconds > 0n;
  const negative = months < 0n || days < 0n || nanoseconds < 0n;
  return fit && !(positive && negative);
}

/** The digits for each of `units`; null when the text has none of the forms, or counts nothing. */
function amountsOf(body: string): readonly (string | undefined)[] | null {
  const found = unitsPattern.exec(body)?.slice(1) ?? isoAmounts(body);
  return found?.some((amount) => amount !== undefined) === true ? found : null;
}

function isoAmounts(body: string): readonly (string | undefined)[] | undefined {
  const alternative = isoAlternativePattern.exec(body);
  if (alternative !== null) {
    const [, year, month, day, hour, minute, second] = alternative;
    return [year, month, undefined, day, hour, minute, second];
  }
  return body.endsWith('T') ? undefined : isoPattern.exec(body)?.slice(1);
}

function magnitude(count: bigint): bigint {
  return count < 0n ? -count : count;
}
