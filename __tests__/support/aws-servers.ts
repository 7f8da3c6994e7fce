import * as http from "node:http";
import { DynamoDb } from "../../local/dynamodb/dynamodb";
import { clock, openAccess, place, silent, someone } from "./local";
import { bodyOf, close, listen } from "./loopback";

/** The local run's DynamoDB behind HTTP, which can answer the next calls with a fault and keeps the names of all. */
export class DynamoDbServer {
  readonly database = new DynamoDb({ place, access: openAccess(), clock, log: silent });
  /** Answers for the next calls, in place of DynamoDB's own. */
  readonly faults: { status: number; type: string }[] = [];
  readonly calls: string[] = [];
  url = "";
  private readonly server = http.createServer(async (request, response) => {
    const target = String(request.headers["x-amz-target"]);
    this.calls.push(target.split(".")[1] ?? "");
    const fault = this.faults.shift();
    const body = String(await bodyOf(request));
    const answer = fault
      ? { status: fault.status, body: JSON.stringify({ __type: fault.type }) }
      : await this.database.handle(someone, { headers: { "x-amz-target": target }, body });
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" }).end(answer.body);
  });

  static async start(): Promise<DynamoDbServer> {
    const started = new DynamoDbServer();
    started.url = await listen(started.server);
    return started;
  }

  async stop(): Promise<void> {
    await close(this.server);
    await this.database.stop();
  }
}

/** SNS over HTTP, which keeps what is published and can refuse the next calls. */
export class Sns {
  readonly published: URLSearchParams[] = [];
  /** Whether each of the next calls is refused. */
  readonly refusals: boolean[] = [];

  private constructor(
    readonly url: string,
    private readonly server: http.Server,
  ) {}

  static async start(): Promise<Sns> {
    const server = http.createServer(async (request, response) => {
      const input = new URLSearchParams(String(await bodyOf(request)));
      if (topic.refusals.shift()) {
        response.writeHead(400, { "content-type": "text/xml" });
        response.end(
          "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>no</Message></Error></ErrorResponse>",
        );
        return;
      }
      topic.published.push(input);
      response.writeHead(200, { "content-type": "text/xml" });
      response.end("<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>");
    });
    const topic = new Sns(await listen(server), server);
    return topic;
  }

  stop(): Promise<void> {
    return close(this.server);
  }
}
