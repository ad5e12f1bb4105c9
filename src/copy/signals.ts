import { own } from '../kernel/own.ts';
import type { RejectSignal, SkipSignal, UnsetSignal } from '../model/data.ts';

const signalKeys: Readonly<Record<string, string>> = { skip: 'kind,reason', reject: 'kind,reason', unset: 'kind' };

/**
 * The signal behind what a row function returned; null for a plain value. Signals are frozen and have nothing but their
 * kind and reason, so that a JSON or UDT value which happens to have a `kind` is not taken for one.
 */
export function signalOf(value: unknown): SkipSignal | RejectSignal | UnsetSignal | null {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return null;
  if (!('kind' in value) || typeof value.kind !== 'string') return null;
  const keys = own(signalKeys, value.kind);
  if (Object.keys(value).sort().join() !== keys) return null;
  return value as SkipSignal | RejectSignal | UnsetSignal;
}
