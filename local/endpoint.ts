import type * as http from "node:http";
import type { Duplex } from "node:stream";
import type { Answer } from "./api-gateway/answer";
import type { ApiGateway, HttpRequest } from "./api-gateway/api-gateway";
import { originOf } from "./api-gateway/request-origin";
import type { ApisV2 } from "./api-gateway-v2/apis";
import { AwsError, type Caller, type WireResponse } from "./aws";
import { COGNITO_PATH, type Cognito } from "./cognito/cognito";
import { faultOf, isForS3, receive, refusalOf, requestOf, send } from "./http";
import type { Authentication } from "./iam/authentication";
import type { RestRequest } from "./lambda/lambda-api";
import type { S3 } from "./s3/s3";

/** A service that knows its callers by their signatures. */
interface Service {
  handle(caller: Caller, request: RestRequest): Promise<WireResponse>;
}

/** Path below which APIs are served, each by its id. */
export const EXECUTE_API = "/_aws/execute-api";

/** The one address of a run: every request to it is an API's, a bucket's or a user pool's, or one of an SDK to a service. */
export class Endpoint {
  constructor(
    private readonly options: {
      readonly authentication: Authentication;
      /** By the name that requests are signed for. */
      readonly services: Readonly<Record<string, Service>>;
      readonly s3: S3;
      readonly cognito: Cognito;
      readonly restApis: ReadonlyMap<string, ApiGateway>;
      readonly apisV2: ApisV2;
      /** VPCs of the endpoints that stacks make, by the endpoints' ids. */
      readonly vpcEndpoints: ReadonlyMap<string, string>;
    },
  ) {}

  /** Answers a request, whatever comes of it. */
  async serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const answer = await receive(incoming)
      .then((request) => this.respond(request))
      .catch(faultOf);
    // Whoever hung up gets nothing; whatever else happens, the run goes on.
    if (!outgoing.destroyed) send(outgoing, answer);
  }

  /** Makes a connection of a WebSocket API, or refuses to. */
  async upgrade(incoming: http.IncomingMessage, raw: Duplex, head: Buffer): Promise<void> {
    const request = requestOf(incoming, Buffer.alloc(0));
    const { apiId, rest } = pathOf(request);
    await this.options.apisV2.upgrade({ incoming, raw, head }, apiId, () => this.receivedAt(request, rest));
  }

  private async respond(request: HttpRequest): Promise<Answer | WireResponse> {
    const { cognito, s3, restApis, apisV2 } = this.options;
    if (request.path.startsWith(`${COGNITO_PATH}/`)) {
      const { method, path: asked, headers, body } = request;
      return cognito.handle({ method, path: asked, headers, body: body.toString() });
    }
    const { apiId, rest } = pathOf(request);
    if (!apiId && isForS3(request)) return s3.handle(request);
    if (!apiId) {
      return this.callAws(request).catch((error: unknown) => {
        if (error instanceof AwsError) return refusalOf(error, request);
        throw error;
      });
    }
    const api = restApis.get(apiId);
    const received = this.receivedAt(request, rest);
    return api ? api.handle(received) : apisV2.handle(apiId, received);
  }

  /** A request as its API sees it. */
  private receivedAt(request: HttpRequest, path: string): HttpRequest {
    const origin = originOf(request, (vpcEndpointId) => this.options.vpcEndpoints.get(vpcEndpointId));
    return { ...request, ...origin, path };
  }

  private async callAws(request: HttpRequest): Promise<WireResponse> {
    const { authentication, services } = this.options;
    const { caller, service } = authentication.ofRequest(request);
    const called = Object.hasOwn(services, service) ? services[service] : undefined;
    if (!called)
      throw new AwsError(
        "UnknownService",
        `${service} is not part of the local run; what is: ${[...Object.keys(services), "s3"].join(", ")}`,
        501,
      );
    const queuePath = request.path.split("?")[0];
    return called.handle(caller, {
      headers: { ...request.headers, "x-local-path": queuePath },
      body: request.body.toString(),
      method: request.method,
      path: request.path,
    });
  }
}

/** The API that a request is for, and what of the path is the API's. */
function pathOf({ path: asked }: HttpRequest): { readonly apiId: string; readonly rest: string } {
  const [, apiId = "", rest = "/"] = /^\/_aws\/execute-api\/([^/?]+)([/?].*)?$/.exec(asked) ?? [];
  return { apiId, rest: rest.startsWith("?") ? `/${rest}` : rest };
}
