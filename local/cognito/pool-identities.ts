import { generateKeyPair, randomBytes, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import type { Journal, Journals } from "../journal";
import { ResourceIds } from "../resource-ids";

/** The key that signs a pool's tokens. */
export interface PoolKey {
  readonly kid: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
}

/** What a client is known by. */
export interface ClientIdentity {
  readonly clientId: string;
  readonly clientSecret: string;
}

interface PoolIdentity {
  readonly userPoolId: string;
  readonly poolName: string;
  key?: PoolKey;
  /** By client name, the first made first. */
  readonly clients: Map<string, ClientIdentity[]>;
  /** Ids of users, by name. */
  readonly subjects: Map<string, string>;
}

type Entry =
  | { readonly pool: string; readonly name: string }
  | { readonly pool: string; readonly key: PoolKey }
  | { readonly pool: string; readonly clientName: string; readonly client: ClientIdentity }
  | { readonly pool: string; readonly username: string; readonly subject: string }
  | { readonly pool: string; readonly forgottenClient: string }
  | { readonly pool: string; readonly isForgotten: true };

/** An id that is nobody's yet, and the same in every run that makes the same things in the same order. */
function freeId(seed: string, length: number, isTaken: (id: string) => boolean): string {
  for (let at = 0; ; at += 1) {
    const ids = new ResourceIds(`${seed} ${at}`);
    const id = [1, 2, 3]
      .map((part) => ids.ofApi(String(part)))
      .join("")
      .slice(0, length);
    if (!isTaken(id)) return id;
  }
}

/**
 * Ids, secrets and keys of pools, their clients and their users, kept so that tokens and settings of an earlier run with the same journals stay
 * right. A pool is the one of its name: of several of one name, the first made takes the first.
 */
export class PoolIdentities {
  private readonly pools = new Map<string, PoolIdentity>();
  private readonly claimed = new Set<string>();
  private readonly journal: Journal<Entry>;

  /** @throws Error for a journal that cannot be read */
  constructor(
    private readonly region: string,
    journals: Journals,
  ) {
    this.journal = journals.open<Entry>("cognito", {
      replay: (entry) => this.apply(entry),
      snapshot: () => this.snapshot(),
    });
  }

  /** The id of a pool that is made. */
  claimPool(poolName: string): string {
    const isFree = ({ userPoolId, poolName: name }: PoolIdentity) => name === poolName && !this.claimed.has(userPoolId);
    const remembered = [...this.pools.values()].find(isFree);
    const userPoolId = remembered?.userPoolId ?? this.freePoolId(poolName);
    if (!remembered) this.commit({ pool: userPoolId, name: poolName });
    this.claimed.add(userPoolId);
    return userPoolId;
  }

  private freePoolId(poolName: string): string {
    const idOf = (letters: string): string => `${this.region}_${letters}`;
    return idOf(freeId(poolName, 9, (letters) => this.pools.has(idOf(letters))));
  }

  /** Id and secret of a client that is made. */
  claimClient(userPoolId: string, clientName: string): ClientIdentity {
    const { clients } = this.of(userPoolId);
    const known = new Set([...clients.values()].flat().map(({ clientId }) => clientId));
    const remembered = clients.get(clientName)?.find(({ clientId }) => !this.claimed.has(clientId));
    const client = remembered ?? {
      clientId: freeId(`${userPoolId} ${clientName}`, 26, (id) => known.has(id)),
      clientSecret: randomBytes(32).toString("hex").slice(0, 51),
    };
    if (!remembered) this.nameClient(userPoolId, clientName, client);
    this.claimed.add(client.clientId);
    return client;
  }

  /** Keeps a client under its name, be it a new one. */
  nameClient(userPoolId: string, clientName: string, client: ClientIdentity): void {
    const { clients } = this.of(userPoolId);
    if (clients.get(clientName)?.some(({ clientId }) => clientId === client.clientId)) return;
    this.commit({ pool: userPoolId, clientName, client });
  }

  /** A pool's key, made when it is wanted first: that takes a moment, which a run without tokens is spared. */
  async keyOf(userPoolId: string): Promise<PoolKey> {
    const { key } = this.of(userPoolId);
    if (key) return key;
    const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2_048 });
    const made = { kid: randomUUID(), privateKey: String(pair.privateKey.export({ type: "pkcs8", format: "pem" })) };
    this.commit({ pool: userPoolId, key: made });
    return made;
  }

  /** A user's id. */
  subjectOf(userPoolId: string, username: string): string {
    const remembered = this.of(userPoolId).subjects.get(username);
    if (remembered !== undefined) return remembered;
    const subject = randomUUID();
    this.commit({ pool: userPoolId, username, subject });
    return subject;
  }

  forgetPool(userPoolId: string): void {
    this.claimed.delete(userPoolId);
    if (this.pools.has(userPoolId)) this.commit({ pool: userPoolId, isForgotten: true });
  }

  forgetClient(userPoolId: string, clientId: string): void {
    this.claimed.delete(clientId);
    if (this.pools.has(userPoolId)) this.commit({ pool: userPoolId, forgottenClient: clientId });
  }

  private commit(entry: Entry): void {
    this.journal.append(entry);
    this.apply(entry);
  }

  private of(userPoolId: string): PoolIdentity {
    const pool = this.pools.get(userPoolId);
    if (pool) return pool;
    throw new Error(`the user pool ${userPoolId} was deleted`);
  }

  private apply(entry: Entry): void {
    const { pool: userPoolId } = entry;
    if ("name" in entry) {
      const pool = { userPoolId, poolName: entry.name, clients: new Map(), subjects: new Map() };
      this.pools.set(userPoolId, pool);
      return;
    }
    const pool = this.of(userPoolId);
    if ("key" in entry) pool.key = entry.key;
    else if ("username" in entry) pool.subjects.set(entry.username, entry.subject);
    else if ("isForgotten" in entry) this.pools.delete(userPoolId);
    else if ("forgottenClient" in entry) removeClient(pool, entry.forgottenClient);
    else {
      removeClient(pool, entry.client.clientId);
      pool.clients.set(entry.clientName, [...(pool.clients.get(entry.clientName) ?? []), entry.client]);
    }
  }

  private *snapshot(): Iterable<Entry> {
    for (const [pool, { poolName: name, key, clients, subjects }] of this.pools) {
      yield { pool, name };
      if (key) yield { pool, key };
      for (const [clientName, own] of clients) for (const client of own) yield { pool, clientName, client };
      for (const [username, subject] of subjects) yield { pool, username, subject };
    }
  }
}

function removeClient({ clients }: PoolIdentity, removed: string): void {
  for (const [name, own] of clients) {
    const others = own.filter(({ clientId }) => clientId !== removed);
    if (others.length > 0) clients.set(name, others);
    else clients.delete(name);
  }
}
