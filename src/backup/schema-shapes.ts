import { z } from 'zod';
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

/** A user-defined type as a manifest holds it. */
export const userTypeShape: z.ZodType<UserType> = z.object({
  kind: z.literal('type'),
  name: z.string(),
  fields: z.array(z.object({ name: z.string(), type: typeShape })),
});
