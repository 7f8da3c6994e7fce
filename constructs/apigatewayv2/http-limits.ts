import type { Construct } from "constructs";
import { type ApiQuotas, type QuotaTable, requireAtMost } from "../apigateway/limits";

const source = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html";

/**
 * Quotas of one HTTP API that AWS raises on request. State here what AWS has granted.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export type HttpApiQuotas = Pick<ApiQuotas, "authorizersPerApi" | "stagesPerApi">;

export const httpApiQuotas: QuotaTable<keyof HttpApiQuotas> = {
  granted: { authorizersPerApi: 10, stagesPerApi: 10 },
  source,
};

/** How long API Gateway waits for an integration at most, and AWS's page that says so. */
export const LONGEST_INTEGRATION = { seconds: 30, source } as const;

/** What AWS allows every HTTP API, and none more. */
const most = {
  /** AWS raises routes; but each has an integration of its own, and those it does not raise. */
  routes: 300,
  "seconds that a function may take to authorize": 10,
  audiences: 50,
  scopes: 10,
} as const;

/**
 * Refuses what is above a limit of HTTP APIs.
 * @param prop the prop's name as the user wrote it
 * @throws PropError
 */
export function requireWithin(construct: Construct, prop: string, value: number, unit: keyof typeof most): void {
  requireAtMost(construct, prop, value, most[unit], unit, source);
}
