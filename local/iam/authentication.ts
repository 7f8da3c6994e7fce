import type { Caller, Clock } from "../aws";
import type { Iam } from "./iam";
import { type SignedRequest, type VerifyOptions, verify, verifyPostPolicy } from "./sigv4";

/** Who sent a request, and the service that it is signed for. */
export interface Authenticated {
  readonly caller: Caller;
  readonly service: string;
}

/** Tells by signatures who sent what. */
export class Authentication {
  constructor(private readonly options: { readonly iam: Iam; readonly clock: Clock; readonly region: string }) {}

  /** @throws AwsError for a signature that is missing, wrong or too old */
  ofRequest(request: SignedRequest & { readonly sourceIp: string }): Authenticated {
    const { accessKeyId, service } = verify(request, this.verifyOptions);
    return { caller: { ...this.callerOf(accessKeyId), sourceIp: request.sourceIp }, service };
  }

  /** Of an upload by form. @throws AwsError as `ofRequest` */
  ofForm(fields: Readonly<Record<string, string>>): Caller {
    return this.callerOf(verifyPostPolicy(fields, this.verifyOptions).accessKeyId);
  }

  private get verifyOptions(): VerifyOptions {
    const { iam, clock, region } = this.options;
    return { secretOf: (accessKeyId) => iam.sessionOf(accessKeyId), now: clock.now(), region };
  }

  private callerOf(accessKeyId: string): Caller {
    return this.options.iam.sessionOf(accessKeyId)?.caller as Caller;
  }
}
