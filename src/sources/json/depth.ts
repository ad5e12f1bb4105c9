/** Values inside values, as deep as a row may have them: what reads them takes a place on the stack for each. */
export const maxDepth = 1000;

export const tooDeep: string = `it is nested deeper than ${maxDepth}`;

const [quote, backslash, openSquare, closeSquare, openCurly, closeCurly] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Whether a JSON value nests deeper than `maxDepth`. */
export function nestsTooDeep(bytes: Buffer): boolean {
  if (bytes.length <= maxDepth) return false;
  let [depth, inString] = [0, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openSquare || byte === openCurly) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === closeSquare || byte === closeCurly) depth -= 1;
  }
  return false;
}
