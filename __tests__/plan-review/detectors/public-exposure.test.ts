import type { JsonObject } from "../../../plan-review/plan";
import { configured, entryOf, type Given } from "../plans";
import { constant, detected, lines, reference } from "./detected";

const exposed = (changes: readonly JsonObject[], resources: readonly JsonObject[] = []) =>
  lines("public-exposure", detected(changes, resources));
const one = (address: string, given: Given) => exposed([entryOf(address, given)]);

const METHOD = "aws_api_gateway_method.m";
const critical = [`critical method-public ${METHOD}`];
const ids = { rest_api_id: "api1", resource_id: "res1" };
const method = (more: JsonObject): JsonObject => ({ ...ids, http_method: "POST", authorization: "NONE", ...more });

/** An API whose ids are known, and a method of it. */
function api(given: Given, integration: JsonObject = { type: "AWS_PROXY" }, values: JsonObject = {}) {
  const http_method = given.after?.http_method ?? "POST";
  const rest = { id: "api1", endpoint_configuration: [{ types: ["REGIONAL"] }], ...values };
  return [
    entryOf(METHOD, given),
    entryOf("aws_api_gateway_integration.i", {
      before: { ...ids, http_method, ...integration },
      after: { ...ids, http_method, ...integration },
      actions: ["no-op"],
    }),
    entryOf("aws_api_gateway_rest_api.a", { before: rest, after: rest, actions: ["no-op"] }),
    entryOf("aws_api_gateway_deployment.d", { after: { rest_api_id: "api1" } }),
  ];
}

describe("a method of a REST API", () => {
  test.each<[string, Given, readonly string[]]>([
    ["that is created without authorization", { after: method({}) }, critical],
    ["that loses it", { before: method({ authorization: "AWS_IAM" }), after: method({}) }, critical],
    ["that never had it", { before: method({ operation_name: "a" }), after: method({}) }, []],
    ["that gets it", { before: method({}), after: method({ authorization: "AWS_IAM" }) }, []],
    ["that is created with it", { after: method({ authorization: "AWS_IAM" }) }, []],
    ["that is deleted", { before: method({}) }, []],
    ["that only asks for a key", { after: method({ api_key_required: true }) }, critical],
    ["that no longer asks for a key", { before: method({ api_key_required: true }), after: method({}) }, critical],
    [
      "whose authorization is unknown until apply",
      {
        before: method({ authorization: "AWS_IAM" }),
        after: method({ authorization: null }),
        unknown: { authorization: true },
      },
      [`high authorization-unknown ${METHOD}`],
    ],
    [
      "that is authorized in another way",
      { before: method({ authorization: "AWS_IAM" }), after: method({ authorization: "CUSTOM" }) },
      [`high authorization-changed ${METHOD}`],
    ],
    [
      "whose tokens need no scope any more",
      {
        before: method({ authorization: "COGNITO_USER_POOLS", authorization_scopes: ["a"] }),
        after: method({ authorization: "COGNITO_USER_POOLS", authorization_scopes: [] }),
      },
      [`high authorization-changed ${METHOD}`],
    ],
    [
      "that was open on another path",
      {
        before: method({ resource_id: "res0" }),
        after: method({}),
        actions: ["delete", "create"],
        change: { replace_paths: [["resource_id"]] },
      },
      critical,
    ],
    [
      "that was open on the same path, which is created anew",
      {
        before: method({}),
        after: method({ resource_id: null }),
        unknown: { resource_id: true },
        actions: ["delete", "create"],
        change: { replace_paths: [["resource_id"]] },
      },
      [],
    ],
  ])("%s", (_, given, expected) => {
    expect(exposed(api(given))).toEqual(expected);
  });

  test("says that a key meters callers, and does not tell who they are", () => {
    const [found] = detected(api({ after: method({ api_key_required: true }) })).filter(
      ({ rule }) => rule === "method-public",
    );
    expect(found?.details).toContain("an API key is asked for: it meters callers, and does not tell who they are");
  });

  test("that answers a preflight by itself is no exposure; one that passes it on is", () => {
    const options = { after: method({ http_method: "OPTIONS" }) };
    expect(exposed(api(options, { type: "MOCK" }))).toEqual([]);
    expect(exposed(api(options, { type: "AWS_PROXY" }))).toEqual(critical);
    expect(exposed([entryOf(METHOD, options)])).toEqual(critical);
  });

  test("that answers something else by itself is told, mildly", () => {
    expect(exposed(api({ after: method({ http_method: "GET" }) }, { type: "MOCK" }))).toEqual([
      `low method-public ${METHOD}`,
    ]);
  });

  test("of a preflight is found by references where ids are unknown until apply", () => {
    const values = { http_method: "OPTIONS" };
    const unknown = { rest_api_id: true, resource_id: true };
    const refs = {
      rest_api_id: reference("aws_api_gateway_rest_api.a.id"),
      resource_id: reference("aws_api_gateway_resource.r.id"),
    };
    const viaMethod = {
      rest_api_id: reference("aws_api_gateway_method.m.rest_api_id"),
      resource_id: reference("aws_api_gateway_method.m.resource_id"),
    };
    const changes = (type: string) => [
      entryOf("aws_api_gateway_rest_api.a", { after: { name: "a" }, unknown: { id: true } }),
      entryOf("aws_api_gateway_resource.r", { after: { path_part: "o" }, unknown: { id: true } }),
      entryOf(METHOD, { after: { ...values, authorization: "NONE" }, unknown }),
      entryOf("aws_api_gateway_integration.i", { after: { ...values, type }, unknown }),
    ];
    for (const integration of [refs, viaMethod]) {
      const config = [configured(METHOD, refs), configured("aws_api_gateway_integration.i", integration)];
      expect(exposed(changes("MOCK"), config)).toEqual([]);
      expect(exposed(changes("HTTP"), config)).toEqual(critical);
    }
  });

  test("that was open all along and answered by itself is exposed when it passes on", () => {
    const of = (type: string) => ({ ...ids, http_method: "OPTIONS", type });
    const open = method({ http_method: "OPTIONS" });
    const changes = (before: string, after: string) => [
      entryOf(METHOD, { before: open, after: open, actions: ["no-op"] }),
      entryOf("aws_api_gateway_integration.i", { before: of(before), after: of(after) }),
    ];
    expect(exposed(changes("MOCK", "AWS_PROXY"))).toEqual([
      "critical integration-public aws_api_gateway_integration.i",
    ]);
    expect(exposed(changes("AWS", "AWS_PROXY"))).toEqual([]);
  });

  const anyone = (condition?: JsonObject) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: "*",
          Action: "execute-api:Invoke",
          Resource: "execute-api:/*",
          ...(condition ? { Condition: condition } : {}),
        },
      ],
    });
  const fromOffice = anyone({ IpAddress: { "aws:SourceIp": "192.0.2.0/24" } });
  const isPrivate = { endpoint_configuration: [{ types: ["PRIVATE"] }] };

  test.each<[string, JsonObject, readonly string[]]>([
    ["private API", isPrivate, []],
    [
      "private API, for its own endpoint",
      { ...isPrivate, policy: anyone({ StringEquals: { "aws:SourceVpce": "vpce-1" } }) },
      [],
    ],
    ["private API, for anybody's endpoint", { ...isPrivate, policy: anyone() }, []],
    ["public API for the office alone", { policy: fromOffice }, [`high method-public ${METHOD}`]],
    ["public API for anybody", { policy: anyone() }, critical],
    ["API of both kinds", { endpoint_configuration: [{ types: ["PRIVATE", "REGIONAL"] }] }, critical],
  ])("of a %s", (_, values, expected) => {
    expect(exposed(api({ after: method({}) }, undefined, values))).toEqual(expected);
  });

  test("that was open all along is exposed with the API", () => {
    const open = { before: method({}), after: method({}), actions: ["no-op"] };
    const methodAndIntegration = api(open).slice(0, 2);
    const types = (type: string): JsonObject => ({ id: "api1", endpoint_configuration: [{ types: [type] }] });
    const rest = (before: JsonObject, after: JsonObject) => entryOf("aws_api_gateway_rest_api.a", { before, after });
    const change = (before: JsonObject, after: JsonObject) => exposed([...methodAndIntegration, rest(before, after)]);
    expect(change(types("PRIVATE"), types("REGIONAL"))).toEqual(["critical api-public aws_api_gateway_rest_api.a"]);
    expect(change(types("REGIONAL"), types("PRIVATE"))).toEqual([]);
    expect(exposed([rest(types("PRIVATE"), types("REGIONAL"))])).toEqual([
      "high api-public aws_api_gateway_rest_api.a",
    ]);
    const withPolicy = { ...types("REGIONAL"), policy: fromOffice };
    expect(change(withPolicy, { ...types("REGIONAL"), policy: "" })).toEqual([
      "critical api-policy-removed aws_api_gateway_rest_api.a",
    ]);
  });
});

describe("an OpenAPI body", () => {
  const body = (security: JsonObject[string] | undefined, more: JsonObject = {}) =>
    JSON.stringify({
      openapi: "3.0.1",
      paths: { "/orders": { post: { ...(security === undefined ? {} : { security }), ...more } } },
    });
  const keyed = body([{ sigv4: [] }]);
  test.each<[string, JsonObject | null, JsonObject, number]>([
    ["without security", null, { body: body(undefined) }, 1],
    ["with security", null, { body: keyed }, 0],
    ["that loses its security", { body: keyed }, { body: body([]) }, 1],
    ["whose security has a way around", { body: keyed }, { body: body([{ sigv4: [] }, {}]) }, 1],
    [
      "that asks for IAM's in AWS's way",
      null,
      { body: body(undefined, { "x-amazon-apigateway-auth": { type: "AWS_IAM" } }) },
      0,
    ],
    [
      "that asks for nothing in AWS's way",
      null,
      { body: body([{ a: [] }], { "x-amazon-apigateway-auth": { type: "NONE" } }) },
      1,
    ],
    ["that was open all along", { body: body(undefined) }, { body: body(undefined, { summary: "a" }) }, 0],
    ["of a private API", null, { body: body(undefined), endpoint_configuration: [{ types: ["PRIVATE"] }] }, 0],
  ])("%s", (_, before, after, count) => {
    expect(one("aws_api_gateway_rest_api.a", { before, after })).toEqual(
      Array(count).fill("critical method-public aws_api_gateway_rest_api.a"),
    );
  });

  test("that cannot be read, or is unknown, is not taken for closed", () => {
    const unknown = ["high api-body-unknown aws_api_gateway_rest_api.a"];
    expect(one("aws_api_gateway_rest_api.a", { after: { body: "openapi: 3.0.1" } })).toEqual(unknown);
    const given = { after: {}, unknown: { body: true } };
    expect(one("aws_api_gateway_rest_api.a", given)).toEqual(unknown);
    const change = entryOf("aws_api_gateway_rest_api.a", given);
    expect(exposed([change], [configured("aws_api_gateway_rest_api.a", { body: constant(keyed) })])).toEqual([]);
    expect(exposed([change], [configured("aws_api_gateway_rest_api.a", { body: constant(body(undefined)) })])).toEqual([
      "critical method-public aws_api_gateway_rest_api.a",
    ]);
  });
});

describe("a route", () => {
  const route = (route_key: string, authorization_type: string | null = "NONE"): JsonObject => ({
    api_id: "a1",
    route_key,
    authorization_type,
  });
  const open = ["critical route-public aws_apigatewayv2_route.r"];
  test.each<[string, Given, readonly string[]]>([
    ["that is created open", { after: route("GET /a") }, open],
    ["that is created without a word", { after: route("GET /a", null) }, open],
    ["that catches all", { after: route("$default") }, open],
    ["that becomes open", { before: route("GET /a", "JWT"), after: route("GET /a") }, open],
    ["that is created closed", { after: route("GET /a", "JWT") }, []],
    ["that closes", { before: route("GET /a"), after: route("GET /a", "JWT") }, []],
    ["that moves to another path, open", { before: route("GET /a"), after: route("GET /b") }, open],
    [
      "that is asked in another way",
      { before: route("GET /a", "AWS_IAM"), after: route("GET /a", "JWT") },
      ["high authorization-changed aws_apigatewayv2_route.r"],
    ],
    ["of a WebSocket that connects", { after: route("$connect") }, open],
    ["of a WebSocket after that", { after: route("$disconnect") }, []],
    ["of a WebSocket for an action", { after: route("sendMessage") }, []],
  ])("%s", (_, given, expected) => {
    expect(one("aws_apigatewayv2_route.r", given)).toEqual(expected);
  });

  test("$default is asked for in an HTTP API, and not in a WebSocket API", () => {
    const of = (protocol_type: string) => [
      entryOf("aws_apigatewayv2_api.a", {
        before: { id: "a1", protocol_type },
        after: { id: "a1", protocol_type },
        actions: ["no-op"],
      }),
      entryOf("aws_apigatewayv2_route.r", { after: route("$default") }),
    ];
    expect(exposed(of("HTTP"))).toEqual(open);
    expect(exposed(of("WEBSOCKET"))).toEqual([]);
  });
});

describe("a function", () => {
  const url = (authorization_type: string): JsonObject => ({ function_name: "f", authorization_type });
  const URL = "aws_lambda_function_url.u";
  test.each<[Given, readonly string[]]>([
    [{ after: url("NONE") }, [`critical function-url-public ${URL}`]],
    [{ before: url("AWS_IAM"), after: url("NONE") }, [`critical function-url-public ${URL}`]],
    [{ after: url("AWS_IAM") }, []],
    [{ before: url("NONE"), after: url("AWS_IAM") }, []],
    [{ before: url("NONE"), after: { ...url("NONE"), invoke_mode: "BUFFERED" } }, []],
    [{ after: {}, unknown: { authorization_type: true } }, [`high authorization-unknown ${URL}`]],
  ])("with a URL: %j", (given, expected) => {
    expect(one(URL, given)).toEqual(expected);
  });

  const permission = (more: JsonObject): JsonObject => ({
    action: "lambda:InvokeFunction",
    function_name: "f",
    principal: "s3.amazonaws.com",
    ...more,
  });
  const P = "aws_lambda_permission.p";
  const unbound = [`critical permission-unbound ${P}`];
  test.each<[JsonObject, readonly string[]]>([
    [{}, unbound],
    [{ source_account: "" }, unbound],
    [{ principal: "apigateway.amazonaws.com", source_arn: "arn:aws:execute-api:eu-west-1:*:*" }, unbound],
    [{ principal: "alexa-appkit.amazon.com" }, unbound],
    [{ source_account: "123456789012" }, []],
    [{ source_arn: "arn:aws:s3:::files" }, []],
    [{ source_arn: "arn:aws:s3:::*" }, unbound],
    [{ principal: "sns.amazonaws.com", source_arn: "arn:aws:sns:eu-west-1:123456789012:t" }, []],
    [{ principal: "alexa-appkit.amazon.com", event_source_token: "amzn1.ask.skill.1" }, []],
    [{ principal: "123456789012" }, []],
    [{ principal: "*" }, [`critical permission-public ${P}`]],
    [{ principal: "*", principal_org_id: "o-1234567890" }, []],
    [{ principal: "*", function_url_auth_type: "NONE" }, [`critical permission-public ${P}`]],
  ])("may be called by anybody, or not: %j", (more, expected) => {
    expect(one(P, { after: permission(more) })).toEqual(expected);
  });

  test("whose caller's ARN is known after apply is bound to it", () => {
    const given = { after: permission({}), unknown: { source_arn: true } };
    const config = configured(P, { source_arn: reference("aws_s3_bucket.b.arn") });
    expect(exposed([entryOf(P, given)], [config])).toEqual([]);
  });

  test("that could be called by anybody before is no news", () => {
    const actions = ["delete", "create"];
    const [before, after] = [permission({ statement_id: "a" }), permission({ statement_id: "b" })];
    expect(one(P, { before, after, actions })).toEqual([]);
    expect(one(P, { before: { ...before, function_name: "g" }, after, actions })).toEqual(unbound);
  });
});

describe("a policy", () => {
  const policy = (statement: JsonObject) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: "*", ...statement }],
    });
  const anyone = policy({ Principal: "*" });
  const Q = "aws_sqs_queue_policy.p";
  const open = [`critical policy-public ${Q}`];
  test.each<[string, string | null, string, readonly string[]]>([
    ["lets in anybody", null, anyone, open],
    ["lets in anybody, written the long way", null, policy({ Principal: { AWS: ["*"] } }), open],
    ["lets in all but one", null, policy({ NotPrincipal: { AWS: "arn:aws:iam::123456789012:root" } }), open],
    [
      "lets in anybody over TLS",
      null,
      policy({ Principal: "*", Condition: { Bool: { "aws:SecureTransport": "true" } } }),
      open,
    ],
    ["lets in an account", null, policy({ Principal: { AWS: "123456789012" } }), []],
    [
      "lets in whom a source names",
      null,
      policy({ Principal: "*", Condition: { ArnLike: { "aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:t" } } }),
      [],
    ],
    ["denies anybody", null, policy({ Effect: "Deny", Principal: "*" }), []],
    ["let in anybody before", anyone, policy({ Principal: "*", Sid: "A" }), []],
    [
      "loses its condition",
      policy({ Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } }),
      anyone,
      open,
    ],
  ])("%s", (_, before, after, expected) => {
    const of = (text: string): JsonObject => ({ queue_url: "u", policy: text });
    expect(one(Q, { before: before === null ? null : of(before), after: of(after) })).toEqual(expected);
  });

  test("is read on every resource that has one", () => {
    for (const [type, name] of [
      ["aws_sns_topic_policy", "policy"],
      ["aws_s3_bucket_policy", "policy"],
      ["aws_kms_key", "policy"],
      ["aws_secretsmanager_secret_policy", "policy"],
      ["aws_ecr_repository_policy", "policy"],
      ["aws_cloudwatch_event_bus_policy", "policy"],
      ["aws_opensearch_domain", "access_policies"],
      ["aws_dynamodb_resource_policy", "policy"],
      ["aws_lambda_layer_version_permission", undefined],
    ] as const) {
      const after = name ? { [name]: anyone } : { principal: "*", action: "lambda:GetLayerVersion", layer_name: "l" };
      expect(one(`${type}.x`, { after })).toEqual([`critical policy-public ${type}.x`]);
    }
  });

  test("that lets anybody's account assume a role", () => {
    const trust = (Principal: JsonObject[string]) =>
      JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal }] });
    const of = (principal: JsonObject[string]) =>
      one("aws_iam_role.r", { after: { name: "r", assume_role_policy: trust(principal) } });
    expect(of({ AWS: "*" })).toEqual(["critical policy-public aws_iam_role.r"]);
    expect(of({ Service: "lambda.amazonaws.com" })).toEqual([]);
  });

  test("that lets whoever has an identity at a provider assume a role", () => {
    const trust = (more: JsonObject) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: "sts:AssumeRoleWithWebIdentity",
            Principal: { Federated: "arn:aws:iam::123456789012:oidc-provider/gitlab.com" },
            ...more,
          },
        ],
      });
    const of = (more: JsonObject) => one("aws_iam_role.r", { after: { name: "r", assume_role_policy: trust(more) } });
    expect(of({})).toEqual(["critical federation-open aws_iam_role.r"]);
    expect(of({ Condition: { StringLike: { "gitlab.com:sub": "project_path:acme/*" } } })).toEqual([]);
  });

  test("is public to another resource when it goes there", () => {
    const of = (queue_url: string): JsonObject => ({ queue_url, policy: anyone });
    const actions = ["delete", "create"];
    expect(one(Q, { before: of("a"), after: of("b"), actions, change: { replace_paths: [["queue_url"]] } })).toEqual(
      open,
    );
  });

  test("that is sensitive is told of, and not shown", () => {
    const change = entryOf(Q, { after: { policy: anyone }, change: { after_sensitive: { policy: true } } });
    const found = detected([change]).filter(({ address }) => address === Q);
    expect(found).not.toEqual([]);
    expect(JSON.stringify(found)).not.toContain("SendMessage");
  });
});

describe("a bucket", () => {
  const block = (...off: readonly string[]): JsonObject =>
    Object.fromEntries(
      ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"].map((name) => [
        name,
        !off.includes(name),
      ]),
    );
  const B = "aws_s3_bucket_public_access_block.b";
  test.each<[Given, readonly string[]]>([
    [{ before: block(), after: block("block_public_policy") }, [`critical public-access-block-loosened ${B}`]],
    [{ before: block("block_public_policy"), after: block() }, []],
    [{ before: block("block_public_policy"), after: block("block_public_policy"), unknown: { id: true } }, []],
    [{ after: block() }, []],
    [{ after: block("block_public_acls") }, [`critical public-access-block-loosened ${B}`]],
    [{ before: block() }, [`critical public-access-block-removed ${B}`]],
    [{ before: block(), actions: ["forget"] }, []],
    [
      {
        before: block(),
        after: {},
        unknown: {
          block_public_acls: true,
          block_public_policy: true,
          ignore_public_acls: true,
          restrict_public_buckets: true,
        },
      },
      [`high public-access-block-unknown ${B}`],
    ],
  ])("whose public access block changes: %j", (given, expected) => {
    expect(one(B, given)).toEqual(expected);
  });

  test("that is deleted needs its block no more", () => {
    const config = configured(B, { bucket: reference("aws_s3_bucket.x.id") });
    expect(
      exposed([entryOf(B, { before: block() }), entryOf("aws_s3_bucket.x", { before: { id: "x" } })], [config]),
    ).toEqual([]);
  });

  const grant = (uri: string): JsonObject => ({
    access_control_policy: [{ grant: [{ permission: "READ", grantee: [{ type: "Group", uri }] }] }],
  });
  test.each<[string, Given, boolean]>([
    ["aws_s3_bucket_acl", { before: { acl: "private" }, after: { acl: "public-read" } }, true],
    ["aws_s3_bucket_acl", { after: { acl: "authenticated-read" } }, true],
    ["aws_s3_bucket_acl", { before: { acl: "public-read" }, after: { acl: "private" } }, false],
    ["aws_s3_bucket_acl", { before: { acl: "public-read" }, after: { acl: "public-read-write" } }, true],
    ["aws_s3_bucket_acl", { after: { acl: "log-delivery-write" } }, false],
    ["aws_s3_bucket_acl", { after: grant("http://acs.amazonaws.com/groups/global/AllUsers") }, true],
    ["aws_s3_bucket_acl", { after: grant("http://acs.amazonaws.com/groups/s3/LogDelivery") }, false],
    ["aws_s3_object", { after: { acl: "public-read" } }, true],
  ])("or object with an ACL: %s %j", (type, given, isPublic) => {
    expect(one(`${type}.x`, given)).toEqual(isPublic ? [`critical acl-public ${type}.x`] : []);
  });

  test("whose ACLs count again", () => {
    const of = (object_ownership: string): JsonObject => ({ rule: [{ object_ownership }] });
    const C = "aws_s3_bucket_ownership_controls.c";
    expect(one(C, { before: of("BucketOwnerEnforced"), after: of("ObjectWriter") })).toEqual([
      `high acls-enabled ${C}`,
    ]);
    expect(one(C, { before: of("ObjectWriter"), after: of("BucketOwnerEnforced") })).toEqual([]);
  });
});

describe("a network", () => {
  const ingress = (...cidr_blocks: readonly string[]): JsonObject => ({
    ingress: [{ protocol: "tcp", from_port: 22, to_port: 22, cidr_blocks, ipv6_cidr_blocks: [] }],
  });
  const G = "aws_security_group.g";
  const open = [`critical network-open ${G}`];
  test.each<[Given, readonly string[]]>([
    [{ after: ingress("0.0.0.0/0") }, open],
    [{ before: ingress("10.0.0.0/8"), after: ingress("10.0.0.0/8", "0.0.0.0/0") }, open],
    [{ before: ingress("0.0.0.0/0"), after: ingress("0.0.0.0/0", "10.0.0.0/8") }, []],
    [{ after: ingress("10.0.0.0/8") }, []],
    [{ after: ingress("0.0.0.0/1", "128.0.0.0/1") }, open],
    [{ after: { ingress: [{ protocol: "-1", ipv6_cidr_blocks: ["::/0"] }] } }, open],
    [{ after: { egress: [{ protocol: "-1", cidr_blocks: ["0.0.0.0/0"] }] } }, []],
  ])("lets in anybody, or not: %j", (given, expected) => {
    expect(one(G, given)).toEqual(expected);
  });

  test("is opened by rules of their own, too", () => {
    const rule = "aws_vpc_security_group_ingress_rule.r";
    expect(one(rule, { after: { cidr_ipv4: "0.0.0.0/0", ip_protocol: "-1" } })).toEqual([
      `critical network-open ${rule}`,
    ]);
    const old = "aws_security_group_rule.r";
    const of = (type: string) =>
      one(old, { after: { type, cidr_blocks: ["0.0.0.0/0"], protocol: "tcp", from_port: 1, to_port: 9 } });
    expect(of("ingress")).toEqual([`critical network-open ${old}`]);
    expect(of("egress")).toEqual([]);
  });
});

describe("a setting", () => {
  test.each<[string, Given, string | undefined]>([
    [
      "aws_db_instance",
      { before: { publicly_accessible: false }, after: { publicly_accessible: true } },
      "critical made-public",
    ],
    ["aws_db_instance", { after: { publicly_accessible: true } }, "critical made-public"],
    ["aws_db_instance", { before: { publicly_accessible: true }, after: { publicly_accessible: false } }, undefined],
    ["aws_db_instance", { after: {}, unknown: { publicly_accessible: true } }, undefined],
    [
      "aws_cognito_identity_pool",
      { before: { allow_unauthenticated_identities: false }, after: { allow_unauthenticated_identities: true } },
      "critical made-public",
    ],
    ["aws_lb", { before: { internal: true }, after: { internal: false } }, "critical made-public"],
    ["aws_lb", { before: { internal: false }, after: { internal: true } }, undefined],
    ["azurerm_storage_account", { before: {}, after: { public_network_access_enabled: true } }, "critical made-public"],
    [
      "aws_db_snapshot",
      { before: { shared_accounts: [] }, after: { shared_accounts: ["all"] } },
      "critical made-public",
    ],
    ["aws_db_snapshot", { before: { shared_accounts: [] }, after: { shared_accounts: ["123456789012"] } }, undefined],
    ["aws_ami_launch_permission", { after: { group: "all" } }, "critical made-public"],
    ["google_storage_bucket_iam_member", { after: { member: "allUsers", role: "r" } }, "critical made-public"],
    ["google_storage_bucket_iam_member", { after: { member: "user:a@example.com", role: "r" } }, undefined],
    ["aws_s3_bucket_website_configuration", { after: { bucket: "b" } }, "medium website-added"],
  ])("of a %s opens it, or not: %j", (type, given, expected) => {
    expect(one(`${type}.x`, given)).toEqual(expected ? [`${expected} ${type}.x`] : []);
  });

  test("lets people in with less, or sends them elsewhere", () => {
    const U = "aws_cognito_user_pool.u";
    const mfa = (mfa_configuration: string) => ({ mfa_configuration });
    expect(one(U, { before: mfa("ON"), after: mfa("OPTIONAL") })).toEqual([`high sign-in-weakened ${U}`]);
    expect(one(U, { before: mfa("OPTIONAL"), after: mfa("ON") })).toEqual([]);
    const C = "aws_cognito_user_pool_client.c";
    const urls = (...callback_urls: readonly string[]) => ({ callback_urls });
    expect(one(C, { before: urls("a"), after: urls("a", "b") })).toEqual([`high callback-added ${C}`]);
    expect(one(C, { before: urls("a", "b"), after: urls("a") })).toEqual([]);
  });

  test("sends a topic's messages to another address, unless the topic is new", () => {
    const S = "aws_sns_topic_subscription.s";
    const subscription = entryOf(S, { after: { topic_arn: "arn:t", protocol: "email", endpoint: "a@example.com" } });
    expect(exposed([subscription])).toEqual([`medium subscription-added ${S}`]);
    expect(exposed([subscription, entryOf("aws_sns_topic.t", { after: { arn: "arn:t" } })])).toEqual([]);
  });

  test("that takes an authorizer or a firewall away", () => {
    const A = "aws_api_gateway_authorizer.a";
    expect(one(A, { before: { rest_api_id: "a" } })).toEqual([`high authorizer-removed ${A}`]);
    expect(one(A, { before: { identity_source: "a" }, after: { identity_source: "b" } })).toEqual([
      `high authorizer-changed ${A}`,
    ]);
    expect(one(A, { before: { name: "a" }, after: { name: "b" } })).toEqual([]);
    const W = "aws_wafv2_web_acl_association.w";
    expect(one(W, { before: { resource_arn: "x" } })).toEqual([`high firewall-removed ${W}`]);
    const D = "aws_api_gateway_domain_name.d";
    const mutual = { mutual_tls_authentication: [{ truststore_uri: "s3://a/b" }] };
    expect(one(D, { before: mutual, after: { mutual_tls_authentication: [] } })).toEqual([
      `high authorization-changed ${D}`,
    ]);
  });
});
