import type { Caller, Clock, Credentials, Place } from "../aws";
import { forgetting, type Journal, type Journals } from "../journal";
import { newCredentials } from "./credentials";

/** Credentials, and who calls with them. */
export interface Session {
  readonly credentials: Credentials;
  readonly caller: Caller;
  /** When the credentials end, in milliseconds since 1970; none for a session that lasts as long as the run. */
  readonly expiration?: number;
}

/** The role that a session is of. */
interface SessionRole {
  readonly roleName: string;
  readonly arn: string;
  readonly uniqueId: string;
}

/** For so long who calls with credentials that are over hears that they are over, and not that nobody knows them. */
const KEPT_AFTER_END_MS = 86_400_000;

/** The sessions of an account's roles. Those that earlier runs gave out are gone, but for the operator's. */
export class Sessions {
  private readonly place: Place;
  private readonly clock: Clock;
  private readonly journal: Journal<Credentials>;
  private readonly byKey = new Map<string, Session>();
  /** Access keys of those that end, the first opened first. */
  private readonly ending = new Set<string>();
  private remembered?: Credentials;

  /** @throws Error for a journal that cannot be read */
  constructor({
    place,
    clock,
    journals = forgetting,
  }: {
    readonly place: Place;
    readonly clock: Clock;
    readonly journals?: Journals;
  }) {
    this.place = place;
    this.clock = clock;
    this.journal = journals.open<Credentials>("iam", {
      replay: (credentials) => {
        this.remembered = credentials;
      },
      snapshot: () => (this.remembered ? [this.remembered] : []),
    });
  }

  /** Who calls in a session of a role. */
  callerOf({ roleName, arn, uniqueId }: SessionRole, sessionName: string, sessionPolicy?: string): Caller {
    const { partition, accountId } = this.place;
    return {
      principalArn: arn,
      accountId,
      sessionArn: `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
      userId: `${uniqueId}:${sessionName}`,
      ...(sessionPolicy !== undefined && { sessionPolicy }),
    };
  }

  /** Gives credentials to a caller. */
  open(caller: Caller, expiration?: number): Session {
    this.dropEnded();
    return this.keep({ credentials: newCredentials(), caller, ...(expiration !== undefined && { expiration }) });
  }

  /** The session with the credentials that every run of the same journals has. */
  openRemembered(caller: Caller): Session {
    if (!this.remembered) {
      const credentials = newCredentials();
      this.journal.append(credentials);
      this.remembered = credentials;
    }
    return this.keep({ credentials: this.remembered, caller });
  }

  /** The session of an access key; none for one that was not given out in this run. */
  of(accessKeyId: string): Session | undefined {
    return this.byKey.get(accessKeyId);
  }

  /** Ends a session: its credentials are unknown from now on. */
  forget(accessKeyId: string): void {
    this.byKey.delete(accessKeyId);
    this.ending.delete(accessKeyId);
  }

  /** Ends all sessions of a role. */
  forgetRole(roleArn: string): void {
    for (const [accessKeyId, { caller }] of this.byKey) if (caller.principalArn === roleArn) this.forget(accessKeyId);
  }

  private keep(session: Session): Session {
    const { accessKeyId } = session.credentials;
    this.byKey.set(accessKeyId, session);
    if (session.expiration !== undefined) this.ending.add(accessKeyId);
    return session;
  }

  /** One that lasts longer may keep a few behind it that do not. */
  private dropEnded(): void {
    for (const accessKeyId of this.ending) {
      const { expiration = 0 } = this.byKey.get(accessKeyId) ?? {};
      if (expiration + KEPT_AFTER_END_MS > this.clock.now()) return;
      this.forget(accessKeyId);
    }
  }
}
