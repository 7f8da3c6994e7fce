import type { Change, Json } from "../plan";
import { changedAttributes, isEqual, isMarkedWithin } from "../values";
import { causesOf } from "./causes";
import { limits } from "./delivery-limits";
import { type Found, firstOf, foundIn } from "./found";
import { append, isMade, isRemoved, type PlanIndex } from "./plan-index";
import { isPrivate, RestApis } from "./rest-apis";

const section = "delivery" as const;

/** What a REST API's deployment is a copy of. */
const copied = [
  "aws_api_gateway_resource",
  "aws_api_gateway_method",
  "aws_api_gateway_method_response",
  "aws_api_gateway_integration",
  "aws_api_gateway_integration_response",
  "aws_api_gateway_authorizer",
  "aws_api_gateway_request_validator",
  "aws_api_gateway_model",
  "aws_api_gateway_gateway_response",
  "aws_api_gateway_rest_api_policy",
  "aws_api_gateway_rest_api_put",
];

/** Attributes of the API itself that its deployments are a copy of; others count at once. */
const copiedOfApi = [
  "policy",
  "body",
  "binary_media_types",
  "minimum_compression_size",
  "api_key_source",
  "endpoint_configuration",
  "parameters",
];

/** Attributes that AWS does not look at when it answers. */
const idle = new Set(["tags", "tags_all", "description", "operation_name", "id", "path"]);

const isTouched = (change: Change): boolean => {
  if (["create", "delete", "replace"].includes(change.action)) return true;
  return change.action === "update" && changedAttributes(change).some((name) => !idle.has(name));
};

const touchesApi = (api: Change): boolean =>
  api.action === "update" &&
  copiedOfApi.some(
    (name) =>
      isMarkedWithin(api.afterUnknown, [name]) ||
      !isEqual((api.before?.[name] || null) as Json, (api.after?.[name] || null) as Json),
  );

/** Deployments, stages, and what they serve. */
class Deployments {
  private readonly apis: RestApis;
  private readonly deployed = new Map<string, Change[]>();
  private readonly stages = new Map<string, Change[]>();
  private readonly touched = new Map<string, Change[]>();

  constructor(index: PlanIndex) {
    this.apis = new RestApis(index);
    for (const change of index.ofType("aws_api_gateway_deployment")) this.add(this.deployed, change);
    for (const change of index.ofType("aws_api_gateway_stage")) this.add(this.stages, change);
    for (const type of copied) {
      for (const change of index.ofType(type)) if (isTouched(change)) this.add(this.touched, change);
    }
    for (const api of index.ofType("aws_api_gateway_rest_api")) if (touchesApi(api)) this.add(this.touched, api);
  }

  private add(map: Map<string, Change[]>, change: Change): void {
    append(map, this.apis.nameOf(change), change);
  }

  found(): readonly Found[] {
    return [...this.touched].flatMap(([name, changes]) => {
      const [first] = changes;
      const api = first && this.apis.apiOf(first);
      // What is made or unmade now is served by nothing yet, or by nothing any more.
      if (!first || (api && (isMade(api) || api.action === "delete"))) return [];
      const deployments = (this.deployed.get(name) ?? []).filter(isMade);
      if (deployments.length === 0) return this.withoutDeployment(api ?? first, changes);
      return [...this.staysLive(changes, deployments), ...this.unused(name, deployments)];
    });
  }

  private withoutDeployment(about: Change, changes: readonly Change[]): readonly Found[] {
    const stages = this.stages.get(this.apis.nameOf(about)) ?? [];
    // A stage that goes, too, serves nothing any more.
    if (stages.length > 0 && stages.every(({ action }) => action === "delete")) return [];
    const remedy = "let the deployment's triggers be a hash of all that it is a copy of";
    return [
      notRedeployed(about, changes, `remedy: ${remedy}`),
      ...removedRoutes(changes).map((route) =>
        staysLive(route, "the removed route stays live: no new deployment is made", [`remedy: ${remedy}`]),
      ),
    ];
  }

  /**
   * Terraform makes the new deployment first and deletes the method then, so that the deployment holds it still.
   * @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/api_gateway_deployment
   */
  private staysLive(changes: readonly Change[], deployments: readonly Change[]): readonly Found[] {
    const isFirst = deployments.some(
      ({ isCreatedBeforeDestroyed, action }) => isCreatedBeforeDestroyed || action === "create",
    );
    return removedRoutes(changes).map((route) =>
      staysLive(
        route,
        isFirst
          ? "the removed route stays live: the new deployment is made before it is deleted"
          : "the removed route may stay live: nothing makes the new deployment wait until it is deleted",
        [
          ...deployments.map(({ address }) => `deployment: ${address}`),
          "remedy: deploy once more after this apply, such as with terraform apply -replace of the deployment",
        ],
      ),
    );
  }

  private unused(name: string, deployments: readonly Change[]): readonly Found[] {
    if (deployments.some(({ after }) => after?.stage_name)) return [];
    const stages = this.stages.get(name) ?? [];
    const isTurned = stages.some(
      (stage) =>
        isMade(stage) ||
        isMarkedWithin(stage.afterUnknown, ["deployment_id"]) ||
        !isEqual(stage.before?.deployment_id ?? null, stage.after?.deployment_id ?? null),
    );
    if (isTurned || stages.length === 0) return [];
    return deployments.map((deployment) =>
      foundIn(deployment, {
        section,
        severity: "high",
        rule: "deployment-unused",
        title: "a new deployment is made, and no stage changes to it: the stages go on serving what they serve now",
        details: stages.map(({ address }) => `stage: ${address}`),
      }),
    );
  }
}

/** Methods and paths that go. */
const removedRoutes = (changes: readonly Change[]): readonly Change[] =>
  changes.filter(
    ({ type, action, isCreatedBeforeDestroyed }) =>
      (type === "aws_api_gateway_method" || type === "aws_api_gateway_resource") &&
      (action === "delete" || (action === "replace" && isCreatedBeforeDestroyed)),
  );

const staysLive = (route: Change, title: string, details: readonly string[]): Found =>
  foundIn(route, {
    section,
    severity: "high",
    rule: "removed-route-stays-live",
    title,
    details: [...details, ...causesOf(route)],
    explains: Object.keys(route.before ?? {}),
  });

/** What an HTTP or WebSocket API's deployment is a copy of. */
const copiedOfHttp = [
  "aws_apigatewayv2_route",
  "aws_apigatewayv2_integration",
  "aws_apigatewayv2_authorizer",
  "aws_apigatewayv2_route_response",
  "aws_apigatewayv2_integration_response",
  "aws_apigatewayv2_model",
];

/** HTTP and WebSocket APIs, whose stages deploy by themselves where they are told to. */
function httpApis(index: PlanIndex): readonly Found[] {
  const apiOf = (change: Change) => index.target(change, "api_id", ["aws_apigatewayv2_api"]);
  const nameOf = (change: Change) => apiOf(change)?.address ?? String((change.after ?? change.before)?.api_id ?? "");
  const grouped = (types: readonly string[], test: (change: Change) => boolean) => {
    const groups = new Map<string, Change[]>();
    for (const change of types.flatMap((type) => index.ofType(type))) {
      if (test(change)) append(groups, nameOf(change), change);
    }
    return groups;
  };
  const stages = grouped(["aws_apigatewayv2_stage"], ({ action }) => action !== "delete");
  const deployed = grouped(["aws_apigatewayv2_deployment"], isMade);
  return [...grouped(copiedOfHttp, isTouched)].flatMap(([name, changes]) => {
    const [first] = changes;
    const api = first && apiOf(first);
    if (!first || (api && (isMade(api) || api.action === "delete"))) return [];
    const own = stages.get(name) ?? [];
    const isAutomatic = own.length > 0 && own.every(({ after }) => after?.auto_deploy === true);
    // An API that was made with a target has a stage that deploys by itself.
    if (deployed.has(name) || api?.after?.target || isAutomatic) return [];
    const why = own.length > 0 ? "auto_deploy is off" : "the plan has no stage of this API that deploys by itself";
    return [notRedeployed(api ?? first, changes, why)];
  });
}

function notRedeployed(about: Change, changes: readonly Change[], remedy: string): Found {
  const addresses = changes.map(({ address }) => address).sort();
  return foundIn(about, {
    section,
    severity: "high",
    rule: "api-not-redeployed",
    title: "the API changes, and no new deployment is made: its stages go on serving what they serve now",
    details: [
      ...firstOf(
        changes.map(({ address, action }) => `${action}: ${address}`),
        15,
      ),
      remedy,
    ],
    identity: addresses.join(),
  });
}

/** A private API that nobody may call: without a policy it refuses all. */
const privateWithoutPolicy = (index: PlanIndex): readonly Found[] =>
  index.ofType("aws_api_gateway_rest_api_policy").flatMap((policy) => {
    const api = index.target(policy, "rest_api_id", ["aws_api_gateway_rest_api"]);
    if (policy.action !== "delete" || !api || isRemoved(api) || !isPrivate(api.after)) return [];
    const title = "the private API loses its policy: it refuses everybody";
    return [foundIn(policy, { section, severity: "high", rule: "api-policy-removed", title })];
  });

/** APIs: what a stage serves is a copy, made by a deployment. */
export const deliveryOfApis = (index: PlanIndex): readonly Found[] => [
  ...new Deployments(index).found(),
  ...httpApis(index),
  ...limits(index),
  ...privateWithoutPolicy(index),
];
