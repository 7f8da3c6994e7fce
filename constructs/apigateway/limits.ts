import { Annotations, Token } from "cdktf";
import type { Construct } from "constructs";
import type { Statement } from "../iam/policy-document";
import { PropError, requireInteger, requireMatch } from "../terraform/props";
import { Stack } from "../terraform/stack";
import { restApiPolicyDocument } from "./renderers/rest-api";

const source =
  "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html";

/**
 * Quotas of one API that AWS raises on request. State here what AWS has granted.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
export interface ApiQuotas {
  /**
   * Parts of paths, `/` included.
   * @default 300
   */
  readonly resourcesPerApi?: number;
  /** @default 10 */
  readonly authorizersPerApi?: number;
  /** @default 10 */
  readonly stagesPerApi?: number;
  /**
   * Methods with a throttle of their own in one usage plan, for each stage.
   * @default 20
   */
  readonly methodThrottlesPerPlan?: number;
  /**
   * Length of the resource policy's JSON.
   * @default 8192
   */
  readonly resourcePolicyCharacters?: number;
  /**
   * Seconds that an integration may take, at most 300. AWS raises it for Regional and private APIs, and may lower the account's throttle for it.
   * @default 29
   */
  readonly integrationTimeoutSeconds?: number;
}

/** Quotas that AWS raises for one kind of API. */
export interface QuotaTable<Name extends string> {
  /** What everybody has. */
  readonly granted: Readonly<Record<Name, number>>;
  /**
   * The most that may be stated: for a timeout what the AWS provider takes.
   * @default - what nobody has
   */
  readonly highest?: Readonly<Partial<Record<Name, number>>>;
  /** AWS's page that lists them. */
  readonly source: string;
}

export const restApiQuotas: QuotaTable<keyof ApiQuotas> = {
  granted: {
    resourcesPerApi: 300,
    authorizersPerApi: 10,
    stagesPerApi: 10,
    methodThrottlesPerPlan: 20,
    resourcePolicyCharacters: 8_192,
    integrationTimeoutSeconds: 29,
  },
  highest: { integrationTimeoutSeconds: 300 },
  source,
};

/** What AWS allows one API: its defaults, and in their place what was raised. */
export class Quotas<Name extends string> {
  private readonly values: Readonly<Record<Name, number>>;

  /** @throws PropError for a quota below what AWS gives everybody */
  constructor(
    private readonly api: Construct,
    private readonly table: QuotaTable<Name>,
    raised?: Readonly<Partial<Record<Name, number>>>,
  ) {
    const { granted, highest } = table;
    this.values = { ...granted, ...raised };
    for (const name of Object.keys(granted) as Name[]) {
      requireInteger(api, `quotas.${name}`, this.values[name], granted[name], highest?.[name] ?? 1_000_000);
    }
  }

  /**
   * Warns, on standard error, of an API that AWS refuses unless it has raised a quota.
   * @param subject what is counted: `the API`, `the plan gold`
   */
  warnAbove(name: Name, count: number, subject: string, things: string): void {
    if (count <= this.values[name]) return;
    Annotations.of(this.api).addWarning(
      `${subject} has ${count} ${things}, and AWS allows ${this.values[name]} unless asked for more. ` +
        `Where it granted more, say so in quotas.${name}: ${this.table.source}`,
    );
  }

  /**
   * Refuses what AWS refuses, where nothing says that it raised the quota.
   * @throws PropError
   */
  require(name: Name, prop: string, value: number | undefined, unit: string): void {
    if (value === undefined || value <= this.values[name]) return;
    throw new PropError(
      this.api,
      prop,
      `at most ${this.values[name]} ${unit}`,
      value,
      `It is AWS's limit, ${this.table.source}. Where AWS raised it, say so in quotas.${name}`,
    );
  }
}

/**
 * Refuses what is above a limit that AWS raises for nobody.
 * @param page AWS's page that has the limit
 * @throws PropError
 */
export function requireAtMost(
  construct: Construct,
  prop: string,
  value: number,
  max: number,
  unit: string,
  page = source,
): void {
  if (value > max) throw new PropError(construct, prop, `at most ${max} ${unit}`, value, `It is AWS's limit, ${page}`);
}

/**
 * Checks how long an integration may take. What Terraform alone knows cannot be told in milliseconds, and is refused.
 * @param longest of the kind of API
 * @throws PropError
 */
export function requireTimeout(
  construct: Construct,
  timeoutSeconds: number | undefined,
  longest?: { readonly seconds: number; readonly source: string },
): void {
  if (timeoutSeconds === undefined) return;
  if (Token.isUnresolved(timeoutSeconds)) {
    throw new PropError(construct, "timeoutSeconds", "a number that is known when the stack is written", "a reference");
  }
  if (!(timeoutSeconds >= 0.05)) throw new PropError(construct, "timeoutSeconds", "0.05 or more", timeoutSeconds);
  if (longest) {
    const unit = "seconds that an integration may take";
    requireAtMost(construct, "timeoutSeconds", timeoutSeconds, longest.seconds, unit, longest.source);
  }
}

/**
 * Checks the name of an HTTP or WebSocket API, by which its logs are named, too.
 * @throws PropError
 * @see https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
 */
export const requireApiName = (api: Construct, apiName: string): void =>
  requireMatch(
    api,
    "apiName",
    apiName,
    /^[\w./#-]{1,128}$/,
    "1–128 letters, digits and _-/.#, which names of logs may have",
  );

/**
 * Checks variables of a stage, or those that a canary has in place of them.
 * @param prop the prop's name as the user wrote it
 * @throws PropError
 * @see https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html
 */
export function requireVariables(
  construct: Construct,
  prop: string,
  variables: Readonly<Record<string, string>>,
): void {
  const entries = Object.entries(variables);
  requireAtMost(construct, prop, entries.length, 100, "variables");
  const page = "https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html";
  for (const [name, value] of entries) {
    if (!/^\w{1,64}$/.test(name)) {
      throw new PropError(construct, prop, "named with 1–64 letters, digits and _", name, `See ${page} and ${source}`);
    }
    if (!Token.isUnresolved(value) && !/^[\w.~:/?#&=,-]{1,512}$/.test(value)) {
      const rule = "1–512 letters, digits and -._~:/?#&=,";
      throw new PropError(construct, `${prop}.${name}`, rule, value, `See ${page} and ${source}`);
    }
  }
}

/**
 * How long a resource policy is at least, once it stands on the API: what Terraform finds behind references comes on top.
 * @param policy whose resources are paths of the API
 */
export function policyLength(api: Construct, policy: readonly Statement[]): number {
  if (policy.length === 0) return 0;
  const executionArn = `arn:aws:execute-api:${Stack.of(api).region}:123456789012:abcdefghij`;
  return restApiPolicyDocument(policy, executionArn).replace(/\$\{[^}]*\}/g, "").length;
}
