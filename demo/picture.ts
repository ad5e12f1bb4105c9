import { text } from 'node:stream/consumers';

/**
 * Coloured terminal text as an SVG: `FORCE_COLOR=1 npx cqlform show plan.json | node demo/picture.ts > docs/plan.svg`.
 */

const lineHeight = 19;
const characterWidth = 8.02;
const margin = 18;
const colours: Readonly<Record<string, string>> = {
  '31': '#f07178',
  '32': '#9ece6a',
  '33': '#e0af68',
  '34': '#7aa2f7',
  '35': '#bb9af7',
  '36': '#7dcfff',
  '90': '#7a8199',
};

interface Style {
  readonly colour: string | null;
  readonly bold: boolean;
  readonly faint: boolean;
}
const plain: Style = { colour: null, bold: false, faint: false };

function styled(style: Style, code: string): Style {
  if (code === '0' || code === '') return plain;
  if (code === '1') return { ...style, bold: true };
  if (code === '2') return { ...style, faint: true };
  if (code === '22') return { ...style, bold: false, faint: false };
  if (code === '39') return { ...style, colour: null };
  const base = code.startsWith('9') && code !== '90' ? `3${code.slice(1)}` : code;
  const colour = colours[base];
  if (colour === undefined) throw new Error(`no colour for the terminal code ${code}`);
  return { ...style, colour };
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function span(words: string, { colour, bold, faint }: Style): string {
  const marks = [
    ...(colour === null ? [] : [` fill="${colour}"`]),
    ...(bold ? [' font-weight="bold"'] : []),
    ...(faint ? [' opacity="0.6"'] : []),
  ];
  return marks.length === 0 ? escaped(words) : `<tspan${marks.join('')}>${escaped(words)}</tspan>`;
}

function picture(terminal: string): string {
  const esc = String.fromCharCode(27);
  const lines = terminal.trimEnd().split('\n');
  let style = plain;
  let widest = 0;
  const rows = lines.map((line, number) => {
    let width = 0;
    const spans = line.split(esc).map((piece, index) => {
      const code = index === 0 ? null : /^\[([\d;]*)m/.exec(piece);
      if (code !== null) for (const one of (code[1] ?? '').split(';')) style = styled(style, one);
      const words = code === null ? piece : piece.slice(code[0].length);
      width += words.length;
      return words === '' ? '' : span(words, style);
    });
    widest = Math.max(widest, width);
    const y = margin + (number + 1) * lineHeight - 5;
    return `<text x="${margin}" y="${y}" xml:space="preserve">${spans.join('')}</text>`;
  });
  const width = Math.ceil(widest * characterWidth) + 2 * margin;
  const height = lines.length * lineHeight + 2 * margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#1a1b26"/>`,
    '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#c0caf5">',
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

process.stdout.write(picture(await text(process.stdin)));
