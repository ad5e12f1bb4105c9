import { hashOf } from '../kernel/hash.ts';
import type { Plan } from '../model/plan.ts';

/** Hash over everything of a plan but `hash` and `id`. */
export function planHash(plan: Plan): string {
  const { hash: _hash, id: _id, ...content } = plan;
  return hashOf(content);
}

/** The plan with its hash, frozen to its leaves; what it was made from is left alone. */
export function sealPlan(plan: Omit<Plan, 'hash'>): Plan {
  const draft: Plan = { ...plan, hash: '' };
  return frozen(structuredClone({ ...draft, hash: planHash(draft) }));
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
