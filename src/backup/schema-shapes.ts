import { z } from 'zod';
import type { Definitions } from '../model/backup.ts';
import type { Grants } from '../model/right.ts';
import type { Table, UserType } from '../model/schema.ts';
import { type CqlType, scalarNames } from '../model/type.ts';

/** A type as a manifest holds it. */
export const typeShape: z.ZodType<CqlType> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('scalar'), name: z.enum(scalarNames) }),
    z.object({ kind: z.literal('list'), element: typeShape, frozen: z.boolean() }),
    z.object({ kind: z.literal('set'), element: typeShape, frozen: z.boolean() }),
    z.object({ kind: z.literal('map'), key: typeShape, value: typeShape, frozen: z.boolean() }),
    z.object({ kind: z.literal('tuple'), elements: z.array(typeShape) }),
    z.object({ kind: z.literal('udt'), name: z.string(), frozen: z.boolean() }),
    z.object({ kind: z.literal('vector'), element: typeShape, dimension: z.int() }),
    z.object({ kind: z.literal('custom'), className: z.string() }),
  ]),
);

/** A table as a manifest holds it. */
export const tableShape: z.ZodType<Table> = z.object({
  kind: z.literal('table'),
  name: z.string(),
  columns: z.array(
    z.object({ name: z.string(), type: typeShape, static: z.boolean(), mask: z.exactOptional(z.string()) }),
  ),
  partitionKey: z.array(z.string()),
  clusteringKey: z.array(z.object({ column: z.string(), order: z.enum(['asc', 'desc']) })),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.string())])),
});

const clusteringShape = z.array(z.object({ column: z.string(), order: z.enum(['asc', 'desc']) }));
const optionsShape = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.string())]),
);
const fieldShape = z.object({ name: z.string(), type: typeShape });

/** What is defined beside tables, as a manifest holds it. */
export const definitionsShape: z.ZodType<Definitions> = z.object({
  indexes: z.array(
    z.object({
      kind: z.literal('index'),
      name: z.string(),
      table: z.string(),
      column: z.string(),
      form: z.enum(['values', 'keys', 'entries', 'full']),
      using: z.union([z.enum(['secondary', 'sai']), z.object({ className: z.string() })]),
      options: z.record(z.string(), z.string()),
    }),
  ),
  views: z.array(
    z.object({
      kind: z.literal('view'),
      name: z.string(),
      table: z.string(),
      columns: z.union([z.literal('*'), z.array(z.string())]),
      partitionKey: z.array(z.string()),
      clusteringKey: clusteringShape,
      where: z.string(),
      options: optionsShape,
    }),
  ),
  functions: z.array(
    z.object({
      kind: z.literal('function'),
      name: z.string(),
      arguments: z.array(fieldShape),
      returns: typeShape,
      language: z.string(),
      calledOnNull: z.boolean(),
      body: z.string(),
    }),
  ),
  aggregates: z.array(
    z.object({
      kind: z.literal('aggregate'),
      name: z.string(),
      arguments: z.array(typeShape),
      stateFunction: z.string(),
      stateType: typeShape,
      finalFunction: z.string().nullable(),
      initialState: z.string().nullable(),
    }),
  ),
});

/** Roles and permissions as a manifest holds them. */
export const grantsShape: z.ZodType<Grants> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('unreadable'), reason: z.string() }),
  z.object({
    kind: z.literal('read'),
    roles: z.array(
      z.object({ role: z.string(), superuser: z.boolean(), login: z.boolean(), memberOf: z.array(z.string()) }),
    ),
    permissions: z.array(z.object({ role: z.string(), resource: z.string(), permissions: z.array(z.string()) })),
  }),
]);

/** A user-defined type as a manifest holds it. */
export const userTypeShape: z.ZodType<UserType> = z.object({
  kind: z.literal('type'),
  name: z.string(),
  fields: z.array(z.object({ name: z.string(), type: typeShape })),
});
