import { type LocalDate, reject, to } from 'cqlform';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The file was put together in 2010: later dates are years of two digits, read a century too late. */
const newestYear = 2010;

/** `Jun 12 1998` as a date; a year that cannot be rejects the row. */
export function releaseDate(text: string): LocalDate | ReturnType<typeof reject> {
  const [month = '', day = '', year = ''] = text.split(' ');
  const number = months.indexOf(month) + 1;
  if (number === 0) return reject(`release date ${text}: no month`);
  if (Number(year) > newestYear) return reject(`release date ${text}: after ${newestYear}`);
  return to.date(`${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}`);
}
