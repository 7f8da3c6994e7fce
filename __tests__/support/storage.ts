import type { APIGatewayProxyResult } from "aws-lambda";
import { LambdaFunction } from "./lambda-function";
import { openAccess } from "./local";
import { type ProxyRequest, proxyEvent } from "./proxy-event";
import { S3Server } from "./s3-server";

type Handler = "list-buckets" | "list-objects" | "write-object" | "read-object" | "delete-object";

export const BUCKET_NAME = "objects-of-tests";

/** Handlers of the storage API, built and each in a process of its own, before the local run's S3 with one versioned bucket. */
export class Storage {
  private readonly functions = new Map<Handler, LambdaFunction>();

  private constructor(
    readonly server: S3Server,
    readonly access: ReturnType<typeof openAccess>,
  ) {}

  static async start(...handlers: readonly Handler[]): Promise<Storage> {
    const access = openAccess();
    const storage = new Storage(await S3Server.start(access), access);
    storage.addBucket(BUCKET_NAME);
    const environment = {
      BUCKET_NAME,
      AWS_ENDPOINT_URL: storage.server.url,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "a secret",
    };
    for (const handler of handlers) {
      storage.functions.set(handler, await LambdaFunction.start(`handlers/${handler}.ts`, environment));
    }
    return storage;
  }

  async stop(): Promise<void> {
    for (const one of this.functions.values()) await one.stop();
    await this.server.stop();
  }

  addBucket(bucket: string): void {
    this.server.s3.createBucket({ bucket });
    this.server.s3.setVersioning({ bucket, versioning_configuration: { status: "Enabled" } });
  }

  /** What the handler answers to a request, as API Gateway hands it on. */
  request(handler: Handler, request: ProxyRequest): Promise<APIGatewayProxyResult> {
    return (this.functions.get(handler) as LambdaFunction).invoke<APIGatewayProxyResult>(proxyEvent(request));
  }

  write(object: unknown, headers: Readonly<Record<string, string>> = {}): Promise<APIGatewayProxyResult> {
    const body = typeof object === "string" ? object : JSON.stringify(object);
    return this.request("write-object", { target: "/objects", method: "POST", headers, body });
  }

  read(key: string, headers: Readonly<Record<string, string>> = {}): Promise<APIGatewayProxyResult> {
    return this.request("read-object", { target: `/objects/${encodeURIComponent(key)}`, headers });
  }

  delete(key: string, headers: Readonly<Record<string, string>> = {}): Promise<APIGatewayProxyResult> {
    return this.request("delete-object", { target: `/objects/${encodeURIComponent(key)}`, method: "DELETE", headers });
  }

  /** An object as S3 has it. */
  stored(key: string) {
    return this.server.s3.objectsOf(BUCKET_NAME).find((object) => object.key === key);
  }
}
