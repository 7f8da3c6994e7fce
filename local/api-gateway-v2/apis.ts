import type { Resource } from "../../terraform/config";
import type { Answer } from "../api-gateway/answer";
import type { HttpRequest, RouteDescription } from "../api-gateway/api-gateway";
import { AwsError } from "../aws";
import { HttpApi, type HttpApiOptions } from "./http-api";
import { isConnectionPath } from "./manage-connection";
import { type Upgrade, Upgrades } from "./upgrade";
import { WebSocketApi } from "./websocket-api";

/** How an API of these two kinds is called. */
export interface ApiDescription {
  /** Stages with what each serves; a WebSocket API's serve no requests. */
  readonly stages: readonly {
    readonly stageName: string;
    readonly url: string;
    readonly routes: readonly RouteDescription[];
  }[];
}

/** The HTTP and WebSocket APIs of all stacks. */
export class ApisV2 {
  private readonly httpApis = new Map<string, HttpApi>();
  private readonly webSocketApis = new Map<string, WebSocketApi>();
  private readonly upgrades = new Upgrades();

  /**
   * Makes an API of its evaluated resources, in place of one of the same id, whose connections end.
   * @param url where it is served, with `http:`
   * @throws Error that names what is not modelled
   */
  create(url: string, options: HttpApiOptions): ApiDescription {
    const { apiId, resources } = options;
    if (isWebSocket(resources)) {
      const api = new WebSocketApi(options);
      this.remove(apiId);
      this.webSocketApis.set(apiId, api);
      const socketUrl = url.replace(/^http/, "ws");
      return {
        stages: api.stageNames.map((stageName) => ({ stageName, url: `${socketUrl}/${stageName}`, routes: [] })),
      };
    }
    const api = new HttpApi(options);
    this.remove(apiId);
    this.httpApis.set(apiId, api);
    return {
      stages: api.stageNames.map((stageName) => {
        const stageUrl = stageName === "$default" ? url : `${url}/${stageName}`;
        return { stageName, url: stageUrl, routes: api.routes };
      }),
    };
  }

  /** Takes an API away, if it is there. Its connections end. */
  remove(apiId: string): void {
    this.webSocketApis.get(apiId)?.stop();
    this.webSocketApis.delete(apiId);
    this.httpApis.delete(apiId);
  }

  has(apiId: string): boolean {
    return this.httpApis.has(apiId) || this.webSocketApis.has(apiId);
  }

  /** Answers a request: an HTTP API's, or what a function asks of a WebSocket API's client. */
  async handle(apiId: string, request: HttpRequest): Promise<Answer> {
    const http = this.httpApis.get(apiId);
    if (http) return http.handle(request);
    const webSocket = this.webSocketApis.get(apiId);
    if (webSocket && isConnectionPath(request.path)) return webSocket.manage(request);
    throw new AwsError(
      "ForbiddenException",
      `${webSocket ? `${webSocket.name} takes WebSockets` : `no API has the id ${apiId} here`}`,
      403,
    );
  }

  /** Makes a WebSocket of a request, if its API lets the client connect. */
  async upgrade(upgrade: Upgrade, apiId: string, request: () => HttpRequest): Promise<void> {
    await this.upgrades.handle(upgrade, async () => this.webSocketApis.get(apiId)?.connect(request()) ?? forbidden);
  }

  /** The WebSocket API of an id; nothing for one that no stack made. */
  webSocketApi(apiId: string): WebSocketApi | undefined {
    return this.webSocketApis.get(apiId);
  }

  /** Ends every connection. */
  stop(): void {
    this.upgrades.stop();
    for (const api of this.webSocketApis.values()) api.stop();
  }
}

const isWebSocket = (resources: readonly Resource[]): boolean =>
  resources.some(({ type, attributes }) => type === "aws_apigatewayv2_api" && attributes.protocol_type === "WEBSOCKET");

const forbidden: Answer = {
  status: 403,
  headers: { "content-type": "application/json" },
  body: Buffer.from('{"message":"Forbidden"}'),
};
