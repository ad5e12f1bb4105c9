import type { DataPrivacy, Treatment } from '../model/privacy.ts';
import { keyColumns } from '../model/schema.ts';
import { piiOf } from './column.ts';
import type { FromOrigin } from './data-spec.ts';
import { mistake, objectOf, type Properties, shown } from './mistake.ts';
import type { TableOrigin } from './origin.ts';
import { treatmentOf } from './privacy.ts';

/** What a data step says of personal data; null where it has none and says nothing. */
export function dataPrivacy(
  subject: string,
  { from, into, given }: { readonly from: FromOrigin; readonly into: TableOrigin; readonly given: unknown },
): DataPrivacy | null {
  const pii = piiOf(into.types as unknown as Properties);
  const read = from.kind === 'table' ? {} : piiOf(from.types as unknown as Properties);
  const lower = Object.fromEntries(
    Object.entries(objectOf(`lower of ${subject}`, given ?? {})).map(([name, value]) => [
      name,
      treatment(subject, into, { name, value }),
    ]),
  );
  return [pii, read, lower].some((one) => Object.keys(one).length > 0) ? { pii, read, lower } : null;
}

function treatment(
  subject: string,
  into: TableOrigin,
  { name, value }: { readonly name: string; readonly value: unknown },
): Treatment {
  if (!Object.hasOwn(into.types, name)) {
    throw mistake('NO_SUCH_COLUMN', {
      message: `lower of ${subject}: ${into.table.name} is declared here without a column ${name}`,
      next: `Declare it, or name one of: ${Object.keys(into.types).join(', ')}.`,
      fields: { name },
    });
  }
  const found = treatmentOf(value);
  if (found === null) {
    throw mistake('LOWER_INVALID', {
      message: `lower of ${subject}: ${name} is given ${shown(value)}`,
      next: `Give a function of \`privacy\`, e.g. \`${name}: privacy.hash({ key: 'people' })\`, or \`privacy.waive('…')\`.`,
      fields: { name },
    });
  }
  if (found.kind === 'treated' && found.key === null && keyColumns(into.table).includes(name)) {
    throw mistake('LOWER_KEY', {
      message: `lower of ${subject}: ${name} stands in the key, and ${found.words} would make one row of several`,
      next: `Tokenise it: \`${name}: privacy.tokenise({ key: '…' })\`.`,
      fields: { name },
    });
  }
  return found;
}
