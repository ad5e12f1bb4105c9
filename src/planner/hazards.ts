import type { Hazard, HazardCode } from '../model/hazard.ts';

export function hazard(code: HazardCode, address: string, why: string): Hazard {
  return { code, address, why };
}

export const breaksReaders = (address: string, what: string): Hazard =>
  hazard(
    'BREAKS_READERS',
    address,
    `Statements that still name ${what} fail from here on: deploy code without it first.`,
  );

export const quiesceWriters = (address: string, until: string): Hazard =>
  hazard(
    'QUIESCE_WRITERS',
    address,
    `What is written to ${address} between the copy and ${until} is lost: stop its writers for this migration.`,
  );

export const lwtTimestamps = (address: string): Hazard =>
  hazard(
    'LWT_TIMESTAMPS',
    address,
    'Rows written with IF … keep no chosen write times: conditional writers must pause while rows are moved.',
  );

export const counterQuiesce = (address: string): Hazard =>
  hazard(
    'COUNTER_QUIESCE',
    address,
    'Counters are brought back by adding: nobody may count while they are backed up or restored.',
  );

export const grantsLost = (address: string): Hazard =>
  hazard(
    'GRANTS_LOST',
    address,
    'The drop takes the grants on it along: note them before (LIST ALL PERMISSIONS) and grant them again.',
  );

export const noBackup = (address: string): Hazard =>
  hazard('NO_BACKUP', address, `No backup is taken, as --no-backup=${address} asks: what goes away here is gone.`);

export const irreversible = (address: string, reason: string): Hazard =>
  hazard('IRREVERSIBLE', address, `It cannot be taken back: ${reason}.`);

export const viewRebuild = (address: string, view: string): Hazard =>
  hazard(
    'VIEW_REBUILD',
    address,
    `${view} answers nothing until it is built again from the whole table: point its readers elsewhere meanwhile.`,
  );

export const indexBuild = (address: string): Hazard =>
  hazard('INDEX_BUILD', address, 'The build reads the whole table; queries that need the index fail until it is done.');

export const keyCollisions = (address: string): Hazard =>
  hazard(
    'KEY_COLLISIONS',
    address,
    'Rows that share the new key become one: the copy counts them, and the backup keeps all of them.',
  );

export const diskSpace = (address: string): Hazard =>
  hazard(
    'DISK_SPACE',
    address,
    'The rows are kept twice until the end: the nodes need room for another copy of the table.',
  );
