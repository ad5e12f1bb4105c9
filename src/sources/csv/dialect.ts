import type { CsvDialect } from '../../cql/csv/fields.ts';
import { CqlformError } from '../../kernel/errors.ts';
import type { ForeignSource } from '../../model/data.ts';

const settingNames = ['delimiter', 'quote', 'escape', 'header', 'nullText'];

/** The dialect that a declaration's settings say; throws `SOURCE_SETTING` for one that is unknown or makes no sense. */
export function dialectOf({ settings, place }: ForeignSource): CsvDialect {
  const unknown = Object.keys(settings).find((name) => !settingNames.includes(name));
  if (unknown !== undefined) throw wrong(place, `there is no setting ${unknown}`);
  const quote = textSetting(settings['quote'], '"', 'quote');
  if (settings['header'] !== undefined && typeof settings['header'] !== 'boolean') {
    throw wrong(place, 'header is true or false');
  }
  const dialect: CsvDialect = {
    delimiter: textSetting(settings['delimiter'], ',', 'delimiter'),
    quote: quote === '' ? null : quote,
    escape: textSetting(settings['escape'], quote, 'escape'),
    header: settings['header'] !== false,
    // several stand on a line each, which no field without quotes can hold
    nullTexts: settings['nullText'] === undefined ? [] : String(settings['nullText']).split('\n'),
  };
  if (dialect.delimiter === '') throw wrong(place, 'the delimiter is empty');
  if (dialect.delimiter === dialect.quote) throw wrong(place, 'delimiter and quote are the same');
  return dialect;

  function textSetting(value: string | number | boolean | undefined, otherwise: string, name: string): string {
    if (value === undefined) return otherwise;
    const usable = typeof value === 'string' && value.length <= 1 && !/[\u0080-\uffff\r\n]/.test(value);
    if (!usable) throw wrong(place, `${name} ${JSON.stringify(value)} is not one ASCII character`);
    return value;
  }
}

function wrong(place: string, what: string): CqlformError {
  return new CqlformError('SOURCE_SETTING', `csv file ${place}: ${what}`, {
    next: `Settings of CSV files are ${settingNames.join(', ')}.`,
    fields: { place },
  });
}
