/** Who makes a call: the session of a role, an operator's own credentials, an AWS service acting for the account, or nobody that signed. */
export interface Caller {
  /** ARN that policies name in `Principal` and that `aws:PrincipalArn` holds: the role's, never the session's. */
  readonly principalArn: string;
  /** Of the caller; no account's for a caller that is anonymous. */
  readonly accountId: string;
  /** The service that calls, such as `cloudwatch.amazonaws.com`; such a caller has no `aws:PrincipalArn`. */
  readonly service?: string;
  /** ARN of what a service calls for, such as a topic; where a service calls on its own, and says so (`aws:SourceArn`). */
  readonly sourceArn?: string;
  /** `arn:<partition>:sts::<account>:assumed-role/<role>/<session name>`, where a role was assumed. */
  readonly sessionArn?: string;
  /** `aws:userid`: the role's unique id, a colon and the session's name, where a role was assumed. */
  readonly userId?: string;
  /** JSON of the policy that whoever assumed the role narrowed the session by. */
  readonly sessionPolicy?: string;
  /** Address that the call came from (`aws:SourceIp`); none where a service calls on its own. */
  readonly sourceIp?: string;
  /** Whether nobody signed. Only a resource's own policy can allow such a call. */
  readonly isAnonymous?: true;
}

/** Who calls without a signature. */
export const anonymous: Caller = { principalArn: "anonymous", accountId: "anonymous", isAnonymous: true };

/** A call that AWS refuses. Services turn it into their own wire format. */
export class AwsError extends Error {
  override readonly name = "AwsError";

  /**
   * @param code AWS's error code, such as `AccessDeniedException`
   * @param status HTTP status
   * @param details what else AWS says, by the name of the element that holds it, such as `HeadersNotSigned`; S3 writes them beside the message
   */
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    readonly details: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** What a call is asked to be allowed. */
export interface AccessRequest {
  readonly caller: Caller;
  /** Such as `sqs:SendMessage`. */
  readonly action: string;
  /** ARN of what the call is about; `*` for a call that is about nothing in particular. */
  readonly resource: string;
  /** Condition keys and their values, beyond those that follow from the caller and from every call here (`aws:SecureTransport`). */
  readonly context?: Readonly<Record<string, string>>;
  /** JSON of the resource's own policy, such as a queue's. */
  readonly resourcePolicy?: string;
}

/** Decides about calls, and keeps what it decided. */
export interface Access {
  /** @throws AwsError `AccessDeniedException` (403) that says who, what, on what, and what would allow it */
  authorize(request: AccessRequest): void;
}

/** One thing that happened, for the live log: `POST /orders 202`, `POC-Queue ← 1 message`, … */
export type Log = (source: string, message: string) => void;

/** Time, which tests can move. */
export interface Clock {
  now(): number;
  /** Runs `then` after so many milliseconds; gives a way to call it off. */
  after(milliseconds: number, then: () => void): () => void;
}

/** The machine's own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A call as it came over HTTP; header names are in lower case. */
export interface WireRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What goes back over HTTP. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Temporary credentials of a role, as the SDKs read them from the environment. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The place that everything here is in. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}
