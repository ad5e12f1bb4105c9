import { z } from 'zod';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { type Plan, planFormat } from '../model/plan.ts';
import { planHash } from '../planner/plan-hash.ts';

/** Enough of a plan's shape to trust its hash; the hash vouches for the rest. */
const planShape = z.looseObject({
  format: z.string().regex(/^\d+\.\d+$/),
  kind: z.enum(['apply', 'rollback']),
  id: z.string().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  target: z.looseObject({ keyspace: z.string().min(1) }),
  fingerprint: z.looseObject({ objects: z.record(z.string(), z.string()) }),
  sections: z.array(z.looseObject({ migration: z.string(), steps: z.array(z.looseObject({ id: z.string() })) })),
});

/** A plan as a file holds it: indented JSON. */
export function planFileText(plan: Plan): string {
  return `${JSON.stringify(plan, null, 2)}\n`;
}

/** Reads a plan back; refuses another major format, a damaged file and one that somebody edited. */
export function parsePlan(text: string, path: string): Plan {
  const value = parseJson(text, path);
  const parsed = planShape.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw damaged(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unreadable'}`);
  }
  assertFormat(parsed.data.format, path);
  const plan = value as Plan;
  if (planHash(plan) !== plan.hash) throw damaged(path, 'its content does not match its hash');
  return plan;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON, or not all of it');
  }
}

function assertFormat(format: string, path: string): void {
  const [major] = format.split('.');
  if (major === planFormat.split('.')[0]) return;
  throw new CqlformError('PLAN_FORMAT', `${path} has plan format ${format}; this version reads ${planFormat}`, {
    next: 'Make the plan with the version of cqlform that applies it.',
    exitCode: exitCodes.usage,
  });
}

function damaged(path: string, why: string): CqlformError {
  return new CqlformError('PLAN_DAMAGED', `${path} is not a plan as cqlform wrote it: ${why}`, {
    next: 'Make it again with `cqlform plan --out FILE`; plans are not meant to be edited.',
    where: { path },
    exitCode: exitCodes.integrity,
  });
}
