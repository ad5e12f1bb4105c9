import type { Client } from 'cassandra-driver';
import { reasonOf } from '../kernel/errors.ts';
import type { Resource, Right } from '../model/right.ts';
import type { HeldRights } from '../ports/cluster.ts';
import { isSuperuser, permissionsAreOff, roleName } from './masked.ts';
import { responseCode } from './scan-errors.ts';

/** See `Cluster.rights`. Every role may list its own rights, with those of the roles granted to it. */
export async function heldRights(client: Client, user: string | null): Promise<HeldRights> {
  if (await permissionsAreOff(client)) return { kind: 'everything' };
  if (user === null) return { kind: 'unknown', reason: 'no user name is given' };
  if (await isSuperuser(client, user)) return { kind: 'everything' };
  try {
    const { rows } = await client.execute(`LIST ALL PERMISSIONS OF ${roleName(user)}`, [], { isIdempotent: true });
    const held = new Set((rows ?? []).map((row) => `${row['permission']} ON ${row['resource']}`));
    return { kind: 'some', role: user, holds: (right) => holds(held, right) };
  } catch (thrown) {
    if (responseCode(thrown) !== null) return { kind: 'unknown', reason: reasonOf(thrown) };
    throw thrown;
  }
}

/** In doubt the server decides, when it is asked: a right on a single function counts as one on all. */
function holds(held: ReadonlySet<string>, { permission, on }: Right): boolean {
  if (namesOf(on).some((resource) => held.has(`${permission} ON ${resource}`))) return true;
  const one = on.kind === 'functions' ? `${permission} ON <function ${on.keyspace}.` : null;
  return one !== null && [...held].some((each) => each.startsWith(one));
}

/** A resource and all it is part of, as the server writes them. */
function namesOf(on: Resource): readonly string[] {
  if (on.kind === 'all-keyspaces') return ['<all keyspaces>'];
  if (on.kind === 'functions') return [`<all functions in ${on.keyspace}>`, '<all functions>'];
  const wider = [`<all tables in ${on.keyspace}>`, `<keyspace ${on.keyspace}>`, '<all keyspaces>'];
  return on.kind === 'table' ? [`<table ${on.keyspace}.${on.table}>`, ...wider] : wider;
}
