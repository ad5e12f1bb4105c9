import { createBackups } from '../backup/backups.ts';
import { clearStore, sealedStore } from '../backup/encryption/sealed-store.ts';
import { appendOnlyStore } from '../backup/stores/append-only.ts';
import { localStore } from '../backup/stores/local.ts';
import { openCloud } from '../backup/stores/open.ts';
import { createCopier } from '../copy/copier.ts';
import { RateLimit } from '../copy/rate.ts';
import { match } from '../kernel/match.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Backups, Compression, Copier } from '../ports/engines.ts';
import { openersOf } from './openers.ts';
import type { Session } from './session.ts';
import { parseStore } from './store.ts';

/** What of a session a store needs: the cluster only where it lies in it. */
export type StoreHolder = Pick<Session, 'project' | 'clock' | 'clusterStore'>;

/** What moves rows. Apart from the session, because most commands only look and should start fast. */
export interface Engines {
  readonly copier: Copier;
  /** The repository of a store's name, as the ledger keeps it. Throws `STORE_UNKNOWN`. */
  readonly backupsAt: (store: string) => Backups;
}

export function enginesOf(session: Session): Engines {
  const { rows, clock, identity, project } = session;
  const { rate } = project;
  const compression = compressionOf(project);
  // who stops the work ends its waiting too, see `admitted`
  const limit = rate === null ? null : new RateLimit(rate, clock, new AbortController().signal);
  const repositories = new Map<string, Backups>();
  return {
    copier: createCopier({ rows, clock, limit, ...openersOf(project) }),
    backupsAt: (name) => {
      const known = repositories.get(name);
      if (known !== undefined) return known;
      const made = createBackups({
        rows,
        clock,
        cluster: identity,
        ...compression,
        store: repositoryStore(name, session),
      });
      repositories.set(name, made);
      return made;
    },
  };
}

function compressionOf({ compression }: Pick<Session['project'], 'compression'>): { compression?: Compression } {
  return compression === null ? {} : { compression };
}

/** The repository that a store's name means in one session, for the rows of another. */
export function backupsInto({ rows, clock, identity }: Session, from: Session, name: string): Backups {
  return createBackups({ rows, clock, cluster: identity, store: repositoryStore(name, from) });
}

/** Sealed when the configuration says how, else in the clear. */
export function repositoryStore(name: string, session: StoreHolder): BlobStore {
  const { backupSecret } = session.project;
  const store = storeAt(name, session);
  return backupSecret === null ? clearStore(store) : sealedStore(store, backupSecret, session.clock);
}

/** The objects as they lie there. Throws `STORE_UNKNOWN`. */
export function storeAt(name: string, session: StoreHolder): BlobStore {
  return match(parseStore(name, session.project), {
    cluster: ({ keyspace }) => session.clusterStore(keyspace),
    local: ({ folder, appendOnly }) => asSaid(localStore(folder), appendOnly),
    cloud: ({ address, appendOnly }) => asSaid(openCloud(address), appendOnly),
  });
}

function asSaid(store: BlobStore, appendOnly = false): BlobStore {
  return appendOnly ? appendOnlyStore(store) : store;
}
