/** A migration file: declarations, then the members of `migration({ … })`. */
export function file(declarations: string, members: string): string {
  return `import * as cqlform from 'cqlform';
const { aggregate, alter, alterType, asc, backfill, copy, desc, drop, existing, fn, index, keyspace, migration, reject, skip, t, table, to, transform, udt, unset, view } = cqlform;
${declarations}
export default migration({ description: 'A case', ${members} });
`;
}

export const people = (
  name: string,
  verb: 'table' | 'existing' = 'table',
): string => `const people = ${verb}('${name}', {
  columns: { city: t.text(), id: t.int(), name: t.text(), tags: t.set(t.text()), motto: t.static(t.text()) },
  partitionKey: ['city'], clusteringKey: ['id'],
});`;

export const peopleRows = (name: string): readonly string[] => [
  `INSERT INTO $ks.${name} (city, id, name, tags, motto) VALUES ('a', 1, 'Ann', {'x', 'y'}, 'up') USING TIMESTAMP 1000`,
  `INSERT INTO $ks.${name} (city, id, name) VALUES ('a', 2, 'Bob')`,
  `UPDATE $ks.${name} USING TTL 86400 SET name = 'Cid' WHERE city = 'b' AND id = 3`,
  `INSERT INTO $ks.${name} (city, id) VALUES ('key only', 4)`,
  `INSERT INTO $ks.${name} (city, motto) VALUES ('static only', 'alone')`,
];
