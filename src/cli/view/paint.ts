import { Chalk } from 'chalk';

/** Meanings, not colours: without colour every one of them leaves the text as it is. */
export interface Paint {
  readonly add: (text: string) => string;
  readonly change: (text: string) => string;
  readonly drop: (text: string) => string;
  readonly backup: (text: string) => string;
  readonly data: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly fail: (text: string) => string;
  readonly good: (text: string) => string;
}

export function paintFor(colour: boolean): Paint {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  return {
    add: chalk.green,
    change: chalk.yellow,
    drop: chalk.red,
    backup: chalk.cyan,
    data: chalk.magenta,
    faint: chalk.dim,
    strong: chalk.bold,
    warn: chalk.yellow,
    fail: chalk.red,
    good: chalk.green,
  };
}
