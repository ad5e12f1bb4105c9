import type { Paint } from './paint.ts';

interface ShownKey {
  readonly slot: string;
  readonly label: string;
  readonly createdAt: string;
  readonly kind: 'passphrase' | 'command' | 'damaged';
}

export function keysText(keys: readonly ShownKey[], paint: Paint): string {
  if (keys.length === 0) return 'No keys: the backups there are not encrypted, or there are none.';
  return keys
    .map(({ slot, label, createdAt, kind }) =>
      kind === 'damaged'
        ? `${paint.strong(slot)}  ${paint.fail('damaged')}: bring it back from a copy, or remove it`
        : `${paint.strong(slot)}  ${kind}  ${createdAt.slice(0, 10)}  ${label}`.trimEnd(),
    )
    .join('\n');
}
