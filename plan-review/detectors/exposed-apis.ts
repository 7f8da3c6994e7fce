import type { Change, Json } from "../plan";
import { isEqual, isMarkedWithin, isObject, valueAt } from "../values";
import { turn } from "./causes";
import { exposedMethods, unknownAuthorization } from "./exposed-methods";
import { type Found, foundIn } from "./found";
import { openOperations } from "./open-api";
import { blockOf, isRemoved, type PlanIndex } from "./plan-index";
import { isPrivate } from "./rest-apis";

const section = "public-exposure" as const;

/** WebSocket APIs ask when connecting, and never again. */
function isAskedNever(route: Change, index: PlanIndex): boolean {
  const key = String(route.after?.route_key ?? "");
  if (key === "$connect") return false;
  const api = index.target(route, "api_id", ["aws_apigatewayv2_api"]);
  const protocol = api?.after?.protocol_type;
  if (protocol === "WEBSOCKET") return true;
  return protocol === undefined && key !== "$default" && !key.includes(" ");
}

/** The provider's default is NONE; it does not compute it. */
const authorizationOf = (values: Change["after"]): string => String(values?.authorization_type || "NONE");

function route(change: Change, index: PlanIndex): readonly Found[] {
  const { before, after, action } = change;
  if (!after || action === "no-op" || isAskedNever(change, index)) return [];
  if (isMarkedWithin(change.afterUnknown, ["authorization_type"]))
    return [unknownAuthorization(change, "authorization_type")];
  const [old, next] = [before && authorizationOf(before), authorizationOf(after)];
  const details = [turn(change, ["authorization_type"])];
  if (next === "NONE") {
    if (old === "NONE" && before?.route_key === after.route_key) return [];
    const key = String(after.route_key);
    return [
      foundIn(change, {
        section,
        severity: "critical",
        rule: "route-public",
        title: `route ${key} needs no authorization: anybody may call it`,
        details,
        identity: key,
        explains: ["authorization_type", "authorizer_id"],
      }),
    ];
  }
  if (old === null || old === "NONE" || old === next) return [];
  const title = "callers are authorized in another way";
  return [
    foundIn(change, {
      section,
      severity: "high",
      rule: "authorization-changed",
      title,
      details,
      explains: ["authorization_type"],
    }),
  ];
}

const routes = (index: PlanIndex): readonly Found[] =>
  index.ofType("aws_apigatewayv2_route").flatMap((change) => route(change, index));

/** An HTTP API whose one route the provider makes, without authorization. */
const quickApis = (index: PlanIndex): readonly Found[] =>
  index
    .ofType("aws_apigatewayv2_api")
    .filter(({ after, before, action }) => action !== "no-op" && after?.target && !before?.target)
    .map((api) =>
      foundIn(api, {
        section,
        severity: "critical",
        rule: "route-public",
        title: "the API sends every request to its target without authorization: anybody may call it",
        details: [turn(api, ["target"])],
        identity: "target",
        explains: ["target"],
      }),
    );

function functionUrls(index: PlanIndex): readonly Found[] {
  return index.ofType("aws_lambda_function_url").flatMap((url) => {
    const { before, after, action } = url;
    if (!after || action === "no-op") return [];
    if (isMarkedWithin(url.afterUnknown, ["authorization_type"]))
      return [unknownAuthorization(url, "authorization_type")];
    if (after.authorization_type !== "NONE" || before?.authorization_type === "NONE") return [];
    return [
      foundIn(url, {
        section,
        severity: "critical",
        rule: "function-url-public",
        title: "the function's URL needs no authorization: anybody may call it",
        details: [turn(url, ["authorization_type"])],
        explains: ["authorization_type"],
      }),
    ];
  });
}

/** What decides whom an authorizer lets in. */
const decisive = [
  "type",
  "authorizer_type",
  "authorizer_uri",
  "provider_arns",
  "identity_source",
  "identity_sources",
  "identity_validation_expression",
  "jwt_configuration",
];

const AUTHORIZERS = ["aws_api_gateway_authorizer", "aws_apigatewayv2_authorizer"];

const authorizers = (index: PlanIndex): readonly Found[] =>
  AUTHORIZERS.flatMap((type) =>
    index
      .ofType(type)
      .flatMap((authorizer) =>
        authorizer.action === "delete" ? deletedAuthorizer(authorizer, index) : changedAuthorizer(authorizer),
      ),
  );

function deletedAuthorizer(authorizer: Change, index: PlanIndex): readonly Found[] {
  const api =
    index.target(authorizer, "rest_api_id", ["aws_api_gateway_rest_api"]) ??
    index.target(authorizer, "api_id", ["aws_apigatewayv2_api"]);
  if (api && isRemoved(api)) return [];
  const title = "an authorizer is deleted: what asked it asks another, or nobody";
  return [foundIn(authorizer, { section, severity: "high", rule: "authorizer-removed", title })];
}

function changedAuthorizer(authorizer: Change): readonly Found[] {
  const { before, after, action, afterUnknown } = authorizer;
  if (!before || !after || action === "no-op") return [];
  // What is unknown is a function that is replaced, as a rule, and tells of itself.
  const changed = decisive.filter(
    (name) => !isMarkedWithin(afterUnknown, [name]) && !isEqual(before[name] ?? null, after[name] ?? null),
  );
  if (changed.length === 0) return [];
  return [
    foundIn(authorizer, {
      section,
      severity: "high",
      rule: "authorizer-changed",
      title: "an authorizer decides otherwise whom it lets in",
      details: changed.map((name) => turn(authorizer, [name])),
      identity: changed.join(),
      explains: changed,
    }),
  ];
}

/** An OpenAPI document that changes: its text, or the configuration's template where that is unknown until apply. */
function bodyOf({ before, after, action, type, afterUnknown, expressions }: Change): Json | undefined {
  if (!after || action === "no-op" || (type === "aws_api_gateway_rest_api" && isPrivate(after))) return undefined;
  if (isMarkedWithin(afterUnknown, ["body"])) return valueAt(expressions, ["body", "constant_value"]) ?? "";
  return after.body && before?.body !== after.body ? after.body : undefined;
}

function body(api: Change): readonly Found[] {
  const text = bodyOf(api);
  if (text === undefined) return [];
  const open = openOperations(text);
  if (!open) {
    const title = "the API's OpenAPI body changes and cannot be read: whether anybody may call it cannot be told";
    return [foundIn(api, { section, severity: "high", rule: "api-body-unknown", title, explains: ["body"] })];
  }
  const formerly = new Set(api.before?.body ? openOperations(api.before.body) : []);
  const fresh = open.filter((operation) => !formerly.has(operation));
  if (fresh.length === 0) return [];
  return [
    foundIn(api, {
      section,
      severity: "critical",
      rule: "method-public",
      title: "operations of the API's OpenAPI body need no authorization: anybody may call them",
      details: fresh,
      identity: fresh.join(),
      explains: ["body"],
    }),
  ];
}

const bodies = (index: PlanIndex): readonly Found[] =>
  ["aws_api_gateway_rest_api", "aws_apigatewayv2_api"].flatMap((type) => index.ofType(type).flatMap(body));

/** Custom domains that ask callers for less. */
function frontDoors(index: PlanIndex): readonly Found[] {
  const domains = ["aws_api_gateway_domain_name", "aws_apigatewayv2_domain_name"].flatMap((type) => index.ofType(type));
  return domains.flatMap((domain) => {
    if (!domain.before || !domain.after || domain.action === "no-op") return [];
    if (!blockOf(domain.before, "mutual_tls_authentication")) return [];
    if (isObject(blockOf(domain.after, "mutual_tls_authentication"))) return [];
    return [
      foundIn(domain, {
        section,
        severity: "high",
        rule: "authorization-changed",
        title: "callers need no client certificate any more",
        details: [turn(domain, ["mutual_tls_authentication"])],
        identity: "mutual_tls_authentication",
        explains: ["mutual_tls_authentication"],
      }),
    ];
  });
}

/** Whether a web firewall leaves something that stays. */
function firewalls(index: PlanIndex): readonly Found[] {
  const gone = ["aws_wafv2_web_acl_association", "aws_wafregional_web_acl_association"].flatMap((type) =>
    index.ofType(type).filter(({ action }) => action === "delete"),
  );
  const parents = ["aws_api_gateway_stage", "aws_lb", "aws_cognito_user_pool", "aws_appsync_graphql_api"];
  return gone.flatMap((association) => {
    const parent = index.target(association, "resource_arn", parents);
    if (parent && isRemoved(parent)) return [];
    const title = "the web firewall is taken off";
    return [foundIn(association, { section, severity: "high", rule: "firewall-removed", title })];
  });
}

/** What anybody may call: methods, routes, function URLs. */
export const exposedApis = (index: PlanIndex): readonly Found[] => [
  ...exposedMethods(index),
  ...routes(index),
  ...quickApis(index),
  ...functionUrls(index),
  ...authorizers(index),
  ...bodies(index),
  ...frontDoors(index),
  ...firewalls(index),
];
