import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** An answer of AWS's in XML; one without a status never comes. */
export interface Refusal {
  readonly status?: number;
  readonly code?: string;
}

/** An endpoint of AWS that answers every call with the same refusal, for failures that a local service does not have. */
export class RefusingAws {
  refusal: Refusal = {};
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
    await new Promise<void>((resolve) => started.server.listen(0, "127.0.0.1", resolve));
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
