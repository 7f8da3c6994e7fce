import type { QuotaTable } from "../apigateway/limits";

const source =
  "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html";

/**
 * Quotas of one WebSocket API that AWS raises on request. State here what AWS has granted.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export interface WebSocketApiQuotas {
  /**
   * Routes, and as many integrations: each route has its own.
   * @default 300
   */
  readonly routesPerApi?: number;
}

export const webSocketApiQuotas: QuotaTable<keyof WebSocketApiQuotas> = { granted: { routesPerApi: 300 }, source };

/** How long API Gateway waits for an integration at most, and AWS's page that says so. */
export const LONGEST_INTEGRATION = { seconds: 29, source } as const;
