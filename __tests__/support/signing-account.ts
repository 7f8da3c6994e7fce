import * as http from "node:http";
import type { HttpRequest } from "../../local/api-gateway/api-gateway";
import { Iam } from "../../local/iam/iam";
import { verify, verifyPostPolicy } from "../../local/iam/sigv4";
import { S3 } from "../../local/s3/s3";
import { Sts } from "../../local/sts/sts";
import { place, SkippingClock, silent } from "./local";
import { bodyOf, close, listen } from "./loopback";

export interface SentRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

const trust = (principal: object): string =>
  JSON.stringify({ Statement: { Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" } });

/**
 * The local run's IAM, STS and S3 behind one address, with IAM enforced: a function's role, a signing role that only it may assume and that may
 * use the objects under a prefix, and a bucket.
 */
export class SigningAccount {
  readonly clock = new SkippingClock();
  readonly iam = new Iam({ place, clock: this.clock });
  readonly s3: S3;
  /** Bodies of the calls that STS got. */
  readonly assumed: URLSearchParams[] = [];
  readonly signingRoleArn: string;
  private readonly sts = new Sts({ iam: this.iam });
  private url = "";
  private readonly server = http.createServer((incoming, outgoing) => void this.serve(incoming, outgoing));
  private readonly functionRoleArn: string;

  private constructor(bucket: string, keyPrefix: string) {
    const { iam, clock } = this;
    this.functionRoleArn = iam.identities.putRole({
      roleName: "function",
      assumeRolePolicy: trust({ Service: "lambda.amazonaws.com" }),
    }).arn;
    this.signingRoleArn = iam.identities.putRole({
      roleName: "signer",
      assumeRolePolicy: trust({ AWS: this.functionRoleArn }),
    }).arn;
    const statement = {
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:GetObject"],
      Resource: `arn:aws:s3:::${bucket}/${keyPrefix}*`,
    };
    iam.identities.putInlinePolicy(
      "signer",
      "objects",
      JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    );
    this.s3 = new S3({
      place,
      access: iam,
      clock,
      log: silent,
      authenticate: (request) => this.callerOf(verify(request, this.verifyOptions()).accessKeyId),
      authenticateForm: (fields) => this.callerOf(verifyPostPolicy(fields, this.verifyOptions()).accessKeyId),
    });
    this.s3.createBucket({ bucket });
  }

  static async start(bucket: string, keyPrefix: string): Promise<SigningAccount> {
    const account = new SigningAccount(bucket, keyPrefix);
    account.url = await listen(account.server);
    return account;
  }

  /** What the function's environment has of its role, and where AWS is. */
  environment(): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.iam.assume(
      this.functionRoleArn,
      "lambda.amazonaws.com",
    ).credentials;
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      SIGNING_ROLE_ARN: this.signingRoleArn,
    };
  }

  /** Sends a request to a URL as it stands there; the path is not tidied up. Gives the status, and the body as text. */
  send(
    url: string,
    { method, headers, body = "" }: SentRequest,
  ): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
    const [, port = "", path = ""] = /^http:\/\/127\.0\.0\.1:(\d+)(.*)$/s.exec(url) ?? [];
    const length = method === "GET" ? {} : { "content-length": String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port, path, method, headers: { ...length, ...headers } };
      const outgoing = http.request(options, async (incoming) =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: await bodyOf(incoming) }),
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  stop(): Promise<void> {
    return close(this.server);
  }

  private verifyOptions() {
    const secretOf = (accessKeyId: string) => this.iam.sessionOf(accessKeyId);
    return { secretOf, now: this.clock.now(), region: place.region };
  }

  private callerOf(accessKeyId: string) {
    const session = this.iam.sessionOf(accessKeyId);
    if (!session) throw new Error(`no session has the key ${accessKeyId}`);
    return session.caller;
  }

  private async serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const body = await bodyOf(incoming);
    const request: HttpRequest = {
      method: incoming.method ?? "GET",
      path: incoming.url ?? "/",
      headers,
      body,
      sourceIp: "127.0.0.1",
    };
    const isSts = headers.authorization?.includes("/sts/") ?? false;
    const answer = isSts ? await this.callSts(request) : await this.s3.handle(request);
    // The SDK sets its own clock by this.
    const date = new Date(this.clock.now()).toUTCString();
    outgoing.writeHead(answer.status, { ...answer.headers, date }).end(answer.body);
  }

  private callSts(request: HttpRequest) {
    const { headers } = request;
    const body = request.body.toString();
    this.assumed.push(new URLSearchParams(body));
    return this.sts.handle(this.callerOf(verify(request, this.verifyOptions()).accessKeyId), { headers, body });
  }
}
