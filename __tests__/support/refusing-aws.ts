import * as http from "node:http";
import { close, listen } from "./loopback";

/** An answer of AWS's in XML; one without a status never comes. */
export interface Refusal {
  readonly status?: number;
  readonly code?: string;
}

/** An endpoint of AWS that answers every call with the same refusal, for failures that a local service does not have. */
export class RefusingAws {
  refusal: Refusal = {};
  url = "";
  private readonly server = http.createServer((request, response) => {
    const { status, code } = this.refusal;
    request.resume();
    if (status === undefined) return;
    // What such messages hold in AWS must not reach a client.
    const message = `secret of arn:aws:s3:::secret-bucket in ${request.url}`;
    response.writeHead(status, { "content-type": "application/xml" });
    const error = `<Error><Code>${code}</Code><Message>${message}</Message><BucketName>secret-bucket</BucketName></Error>`;
    // STS has its errors in an envelope.
    const isSts = request.headers.authorization?.includes("/sts/");
    response.end(code && (isSts ? `<ErrorResponse>${error}</ErrorResponse>` : error));
  });

  static async start(): Promise<RefusingAws> {
    const started = new RefusingAws();
    started.url = await listen(started.server);
    return started;
  }

  stop(): Promise<void> {
    return close(this.server);
  }
}
