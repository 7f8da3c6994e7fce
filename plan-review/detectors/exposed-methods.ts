import { publicStatements } from "../iam/compare";
import type { Change, Json } from "../plan";
import { isMarkedWithin } from "../values";
import { turn } from "./causes";
import { type Found, foundIn } from "./found";
import { isRemoved, type PlanIndex } from "./plan-index";
import { isOpenMethod, isPrivate, RestApis } from "./rest-apis";

const section = "public-exposure" as const;

/** MOCK answers a preflight by itself: nothing of ours is reached. */
const isPreflight = (method: Change, integration: Change | undefined): boolean =>
  method.after?.http_method === "OPTIONS" && integration?.after?.type === "MOCK";

/** Looks at REST APIs for methods that anybody may call. */
class ExposedMethods {
  private readonly apis: RestApis;

  constructor(private readonly index: PlanIndex) {
    this.apis = new RestApis(index);
  }

  found(): readonly Found[] {
    const { index } = this;
    return [
      ...index.ofType("aws_api_gateway_method").flatMap((method) => this.method(method)),
      ...index.ofType("aws_api_gateway_integration").flatMap((integration) => this.integration(integration)),
      ...index.ofType("aws_api_gateway_rest_api").flatMap((api) => [...this.madePublic(api), ...this.policyGone(api)]),
      ...index.ofType("aws_api_gateway_rest_api_policy").flatMap((policy) => this.policyDeleted(policy)),
    ];
  }

  private method(method: Change): readonly Found[] {
    if (!method.after || method.action === "no-op") return [];
    const before = this.wasSame(method) ? method.before : null;
    const open = isOpenMethod(method);
    const integration = this.apis.integrationOf(method);
    if (open === "unknown")
      return before?.authorization === "NONE" ? [] : [unknownAuthorization(method, "authorization")];
    if (!open) return weakerMethod(method);
    if (isPreflight(method, integration)) return [];
    const isKeyDropped = before?.api_key_required === true && method.after.api_key_required !== true;
    if (before?.authorization === "NONE" && !isKeyDropped) return [];
    return this.openMethod(method, integration, isKeyDropped);
  }

  /** Whether what is replaced was on the same path and verb. */
  private wasSame(method: Change): boolean {
    if (method.action !== "replace") return true;
    return !method.replacePaths.some(([name]) => {
      if (name !== "resource_id" && name !== "rest_api_id") return name === "http_method";
      return !isMarkedWithin(method.afterUnknown, [name]);
    });
  }

  private openMethod(method: Change, integration: Change | undefined, isKeyDropped: boolean): readonly Found[] {
    const api = this.apis.apiOf(method);
    const policy = this.policyOf(api);
    const isClosed = policy !== undefined && publicStatements(policy).length === 0;
    // Reached through VPC endpoints alone; a policy that lets in anybody's is told of by itself.
    if (isPrivate(api?.after ?? null)) return [];
    const isFixed = integration?.after?.type === "MOCK";
    const verb = String(method.after?.http_method ?? "");
    const details = [
      turn(method, [isKeyDropped ? "api_key_required" : "authorization"]),
      ...(method.after?.api_key_required === true
        ? ["an API key is asked for: it meters callers, and does not tell who they are"]
        : []),
      ...(isClosed ? ["the API's resource policy still limits who gets as far as this method"] : []),
      ...(isFixed ? ["a MOCK integration answers: nothing behind the API is reached"] : []),
    ];
    return [
      foundIn(method, {
        section,
        severity: isFixed ? "low" : isClosed ? "high" : "critical",
        rule: "method-public",
        title: `${verb} needs no authorization: anybody may call it`,
        details,
        identity: verb,
        explains: ["authorization", "authorizer_id", "api_key_required"],
      }),
    ];
  }

  /** What MOCK answered goes to something of ours, on a method that was open all along. */
  private integration(integration: Change): readonly Found[] {
    const { before, after, action } = integration;
    if (!after || action === "no-op" || after.type === "MOCK" || before?.type !== "MOCK") return [];
    const method = this.apis.methodOf(integration);
    const isNew = method && method.action !== "no-op" && method.before?.authorization !== "NONE";
    if (!method || isNew || isOpenMethod(method) !== true) return [];
    return [
      foundIn(integration, {
        section,
        severity: "critical",
        rule: "integration-public",
        title: "a method that needs no authorization reaches something: it answered by itself before",
        details: [turn(integration, ["type"]), `method: ${method.address}`],
        explains: ["type"],
      }),
    ];
  }

  private openMethodsOf(api: Change): readonly Change[] {
    return this.apis
      .methodsOf(api)
      .filter((method) => isOpenMethod(method) === true && !isPreflight(method, this.apis.integrationOf(method)));
  }

  private madePublic(api: Change): readonly Found[] {
    if (!api.before || !api.after || !isPrivate(api.before) || isPrivate(api.after)) return [];
    const open = this.openMethodsOf(api);
    return [
      foundIn(api, {
        section,
        severity: open.length > 0 ? "critical" : "high",
        rule: "api-public",
        title: "the private API is reached from the internet",
        details: [
          turn(api, ["endpoint_configuration"]),
          ...open.map(({ address }) => `without authorization: ${address}`),
        ],
        explains: ["endpoint_configuration"],
      }),
    ];
  }

  private policyGone(api: Change): readonly Found[] {
    const { before, after, afterUnknown } = api;
    if (!before || !after || api.action === "no-op" || isMarkedWithin(afterUnknown, ["policy"])) return [];
    if (
      !before.policy ||
      after.policy ||
      this.index.childrenOf(api, "aws_api_gateway_rest_api_policy", "rest_api_id").length > 0
    )
      return [];
    return this.withoutPolicy(api, api, ["policy"]);
  }

  private policyDeleted(policy: Change): readonly Found[] {
    if (policy.action !== "delete") return [];
    const api = this.apis.apiOf(policy);
    if (api && isRemoved(api)) return [];
    return this.withoutPolicy(policy, api, []);
  }

  private withoutPolicy(change: Change, api: Change | undefined, explains: readonly string[]): readonly Found[] {
    if (api && isPrivate(api.after)) return [];
    const open = api ? this.openMethodsOf(api) : [];
    return [
      foundIn(change, {
        section,
        severity: open.length > 0 ? "critical" : "high",
        rule: "api-policy-removed",
        title: "the API's resource policy is removed: it no longer limits who may call",
        details: open.map(({ address }) => `without authorization: ${address}`),
        explains,
      }),
    ];
  }

  /** The API's resource policy as it will be, where that is known. */
  private policyOf(api: Change | undefined): string | undefined {
    if (!api) return undefined;
    const own = this.index.childrenOf(api, "aws_api_gateway_rest_api_policy", "rest_api_id");
    for (const { after } of [...own, api]) {
      if (typeof after?.policy === "string" && after.policy) return after.policy;
    }
    return undefined;
  }
}

export const unknownAuthorization = (change: Change, attribute: string): Found =>
  foundIn(change, {
    section,
    severity: "high",
    rule: "authorization-unknown",
    title: "authorization is unknown until apply: whether anybody may call it cannot be told",
    details: [turn(change, [attribute])],
    explains: [attribute],
  });

/** A method that asks for authorization still, and for less of it. */
function weakerMethod(method: Change): readonly Found[] {
  const { before, after } = method;
  if (!before || !after || method.action === "replace") return [];
  const scopes = (value: Json | undefined) => (Array.isArray(value) ? value.length : 0);
  const weaker: readonly (readonly [string, string, boolean])[] = [
    ["authorization", "callers are authorized in another way", before.authorization !== after.authorization],
    [
      "authorization_scopes",
      "callers' tokens need no scope any more",
      scopes(before.authorization_scopes) > 0 &&
        scopes(after.authorization_scopes) === 0 &&
        !isMarkedWithin(method.afterUnknown, ["authorization_scopes"]),
    ],
    [
      "api_key_required",
      "callers need no API key any more",
      before.api_key_required === true && after.api_key_required !== true,
    ],
  ];
  return weaker
    .filter(([attribute, , holds]) => holds && before[attribute] !== "NONE")
    .map(([attribute, title]) =>
      foundIn(method, {
        section,
        severity: "high",
        rule: "authorization-changed",
        title,
        details: [turn(method, [attribute])],
        identity: attribute,
        explains: [attribute],
      }),
    );
}

/** What anybody may call of REST APIs. */
export const exposedMethods = (index: PlanIndex): readonly Found[] => new ExposedMethods(index).found();
