import { AwsError } from "../../../local/aws";
import {
  allowed,
  authorizedApi,
  authorizedGateway,
  eventIn,
  invokePolicy,
  lambdaAuthorizer,
} from "../../support/authorizers";
import { changed, mockApi, type Outcome, resource } from "../../support/rest-api";

const API = "arn:aws:execute-api:eu-west-1:123456789012:api";
const routes = ["GET /orders", "POST /orders", "GET /orders/{id}"];
const tokenApi = (authorizer: object = {}) => authorizedApi(routes, { type: "TOKEN", ...authorizer });
const requestApi = (identity_source: string, authorizer: object = {}) =>
  authorizedApi(routes, { type: "REQUEST", identity_source, ...authorizer });
const token = { authorization: "Bearer abc" };

const failing = (errorMessage: string): (() => Outcome) => {
  return () => ({ functionError: { errorType: "Error", errorMessage } });
};

describe("a TOKEN authorizer", () => {
  test("gets the token and the ARN of the call, from the role or as API Gateway, for the authorizer's own ARN", async () => {
    const { call, asks } = authorizedGateway(tokenApi());
    expect((await call("GET /dev/orders/7%2F1?a=b", "", token)).status).toBe(200);
    const [ask] = asks();
    expect(ask?.event).toEqual({
      type: "TOKEN",
      methodArn: `${API}/dev/GET/orders/7%2F1`,
      authorizationToken: "Bearer abc",
    });
    expect(ask).toMatchObject({
      caller: { principalArn: lambdaAuthorizer.authorizer_credentials },
      sourceArn: `${API}/authorizers/authorizer-1`,
    });

    const open = authorizedGateway(tokenApi({ authorizer_credentials: undefined }));
    await open.call("GET /dev/orders", "", token);
    expect(open.asks()[0]?.caller).toMatchObject({ service: "apigateway.amazonaws.com" });
  });

  test("may be a function's alias that a stage variable names", async () => {
    const alias = `authorizer:${"$"}{stageVariables.alias}/`;
    const authorizer_uri = lambdaAuthorizer.authorizer_uri.replace("authorizer/", alias);
    const { call, invoked } = authorizedGateway(
      changed(tokenApi({ authorizer_uri }), "stage", { variables: { alias: "live" } }),
    );
    await call("GET /dev/orders", "", token);
    expect(invoked[0]?.functionArn).toBe("arn:aws:lambda:eu-west-1:123456789012:function:authorizer:live");
  });

  test.each<[string, object, Record<string, string>]>([
    ["no token", {}, {}],
    ["an empty token", {}, { authorization: "" }],
    ["a token in another header", { identity_source: "method.request.header.X-Token" }, token],
    ["a token that does not match as a whole", { identity_validation_expression: "Bearer [a-z]" }, token],
  ])("%s: 401, and the function is not asked", async (_, authorizer, headers) => {
    const { call, invoked } = authorizedGateway(tokenApi(authorizer));
    const answer = await call("GET /dev/orders", "", headers);
    expect(answer).toMatchObject({ status: 401, body: '{"message":"Unauthorized"}' });
    expect(answer.headers).toMatchObject({ "x-amzn-ErrorType": "UnauthorizedException" });
    expect(invoked).toEqual([]);
  });

  test("takes a token that matches, out of the header that it names", async () => {
    const authorizer = { identity_source: "method.request.header.X-Token", identity_validation_expression: "[a-c]+" };
    const { call, asks } = authorizedGateway(tokenApi(authorizer));
    expect((await call("GET /dev/orders", "", { "x-token": "abc" })).status).toBe(200);
    expect(asks()[0]?.event).toMatchObject({ authorizationToken: "abc" });
  });
});

describe("a REQUEST authorizer", () => {
  test("gets the request without its body", async () => {
    const { call, asks } = authorizedGateway(requestApi("method.request.header.X-Tenant"));
    await call("POST /dev/orders?a=1&a=2", '{"secret":1}', { "x-tenant": "t", "content-type": "application/json" });
    const event = asks()[0]?.event as Record<string, unknown>;
    expect(event).toMatchObject({
      type: "REQUEST",
      methodArn: `${API}/dev/POST/orders`,
      resource: "/orders",
      path: "/orders",
      httpMethod: "POST",
      headers: { "x-tenant": "t" },
      multiValueHeaders: { "x-tenant": ["t"] },
      queryStringParameters: { a: "2" },
      multiValueQueryStringParameters: { a: ["1", "2"] },
      pathParameters: {},
      stageVariables: {},
      requestContext: { stage: "dev", identity: { sourceIp: "127.0.0.1" } },
    });
    expect(Object.keys(event)).not.toContain("body");
    expect(event.requestContext).not.toHaveProperty("authorizer");
  });

  const everySource =
    "method.request.header.X-Tenant, method.request.querystring.key, stageVariables.color, context.identity.sourceIp";
  const withVariables = (resources: ReturnType<typeof requestApi>) =>
    changed(resources, "stage", { variables: { color: "blue" } });

  test.each<[string, string, Record<string, string>, ReturnType<typeof requestApi>]>([
    ["header", "GET /dev/orders?key=k", {}, withVariables(requestApi(everySource))],
    ["query", "GET /dev/orders", { "x-tenant": "t" }, withVariables(requestApi(everySource))],
    ["query with a value", "GET /dev/orders?key=", { "x-tenant": "t" }, withVariables(requestApi(everySource))],
    ["stage variable", "GET /dev/orders?key=k", { "x-tenant": "t" }, requestApi(everySource)],
    ["context", "GET /dev/orders", {}, requestApi("context.identity.userArn")],
  ])("answers 401 without asking where there is no %s and answers are kept", async (_, route, headers, resources) => {
    const { call, invoked } = authorizedGateway(resources);
    expect(await call(route, "", headers)).toMatchObject({ status: 401, body: '{"message":"Unauthorized"}' });
    expect(invoked).toEqual([]);
  });

  test("asks where all sources are there", async () => {
    const { call, asks } = authorizedGateway(withVariables(requestApi(everySource)));
    expect((await call("GET /dev/orders?key=k", "", { "x-tenant": "t" })).status).toBe(200);
    expect(asks()).toHaveLength(1);
  });

  test.each(["", everySource])("asks whatever is missing where no answers are kept: sources %j", async (sources) => {
    const { call, asks } = authorizedGateway(requestApi(sources, { authorizer_result_ttl_in_seconds: 0 }));
    expect((await call("GET /dev/orders")).status).toBe(200);
    expect(asks()).toHaveLength(1);
  });
});

describe("the policy that the function gives", () => {
  const statusFor = async (policyDocument: unknown, route = "GET /dev/orders") => {
    const { call } = authorizedGateway(tokenApi(), () => ({ payload: { principalId: "p", policyDocument } }));
    const { status, body, headers } = await call(route, "", token);
    return { status, message: JSON.parse(body).Message, errorType: headers["x-amzn-ErrorType"] };
  };

  test.each([`${API}/dev/GET/orders`, `${API}/*/GET/orders`, `${API}/dev/*`, "*"])(
    "lets in by %s",
    async (resource) => {
      expect((await statusFor(invokePolicy("Allow", resource))).status).toBe(200);
    },
  );

  test.each([`${API}/prod/GET/orders`, `${API}/dev/POST/orders`, `${API}/dev/GET/orders/7`])(
    "lets nobody in by %s",
    async (resource) => {
      expect(await statusFor(invokePolicy("Allow", resource))).toEqual({
        status: 403,
        message:
          "User is not authorized to access this resource because no identity-based policy allows the execute-api:Invoke action",
        errorType: "AccessDeniedException",
      });
    },
  );

  test("a Deny goes before an Allow", async () => {
    const { Version, Statement } = invokePolicy("Allow", "*");
    const both = { Version, Statement: [...Statement, ...invokePolicy("Deny", `${API}/dev/GET/orders`).Statement] };
    expect(await statusFor(both)).toEqual({
      status: 403,
      message: "User is not authorized to access this resource with an explicit deny in an identity-based policy",
      errorType: "AccessDeniedException",
    });
    expect((await statusFor(both, "POST /dev/orders")).status).toBe(200);
  });

  test("may ask where a call comes from", async () => {
    const Condition = { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } };
    const [statement] = invokePolicy("Allow", "*").Statement;
    const policyFor = (condition: object) => ({
      Version: "2012-10-17",
      Statement: { ...statement, Condition: condition },
    });
    expect((await statusFor(policyFor(Condition))).status).toBe(200);
    expect((await statusFor(policyFor({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }))).status).toBe(403);
  });
});

describe("what the function says of the caller", () => {
  const context = { tenant: "t 1", level: 3, isAdmin: false, "a-b": "c" };
  const named = () => ({ payload: { ...allowed, context, usageIdentifierKey: "key-1" } });

  test("reaches the function behind the API, as text", async () => {
    const { call, clock } = authorizedGateway(tokenApi(), (event) => {
      if (event.authorizationToken) clock.advance(40);
      return named();
    });
    expect(eventIn(await call("GET /dev/orders", "", token)).requestContext.authorizer).toEqual({
      ...{ tenant: "t 1", level: "3", isAdmin: "false", "a-b": "c" },
      principalId: "someone",
      integrationLatency: 40,
    });
    expect(eventIn(await call("GET /dev/orders", "", token)).requestContext.authorizer).toMatchObject({
      tenant: "t 1",
      integrationLatency: 0,
    });
  });

  test("reaches access logs and gateway responses", async () => {
    const format =
      '{"who":"$context.authorizer.principalId","tenant":"$context.authorizer.tenant","level":"$context.authorizer.level","none":"$context.authorizer.none","status":"$context.authorizer.integrationStatus","id":"$context.authorizer.requestId"}';
    const logging = changed(tokenApi(), "stage", { access_log_settings: { destination_arn: "d", format } });
    const { call, gateway } = authorizedGateway(logging, named);
    await call("GET /dev/orders", "", token);
    expect(JSON.parse(gateway.accessLog[0] ?? "")).toEqual({
      ...{ who: "someone", tenant: "t 1", level: "3", none: "-" },
      ...{ status: "200", id: "invocation-1" },
    });
  });

  test("reaches mapping templates", async () => {
    const template =
      '{"who":"$context.authorizer.principalId","tenant":"$context.authorizer.tenant","level":$context.authorizer.level}';
    const mock = mockApi(["GET /orders"], { response: { response_templates: { "application/json": template } } });
    const authorizer = { ...lambdaAuthorizer, type: "TOKEN" };
    const { call } = authorizedGateway(
      [
        ...changed(mock, "method", { authorization: "CUSTOM", authorizer_id: lambdaAuthorizer.id }),
        resource("authorizer", "Authorizer", authorizer),
      ],
      named,
    );
    expect(JSON.parse((await call("GET /dev/orders", "", token)).body)).toEqual({
      ...{ who: "someone", tenant: "t 1", level: 3 },
    });
  });

  test("what a refused caller's log says", async () => {
    const format =
      '{"error":"$context.authorizer.error","authorize":"$context.authorize.error","authenticate":"$context.authenticate.error"}';
    const logging = changed(tokenApi(), "stage", { access_log_settings: { destination_arn: "d", format } });
    const lineFor = async (outcome: Outcome) => {
      const { call, gateway } = authorizedGateway(logging, () => outcome);
      await call("GET /dev/orders", "", token);
      return JSON.parse(gateway.accessLog[0] ?? "");
    };
    expect(await lineFor({ functionError: { errorType: "Error", errorMessage: "no database" } })).toEqual({
      error: "the function of callers failed: no database",
      authorize: "-",
      authenticate: "-",
    });
    expect(await lineFor({ functionError: { errorType: "Error", errorMessage: "Unauthorized" } })).toMatchObject({
      authenticate: "callers says so",
    });
    const policyDocument = invokePolicy("Deny", "*");
    expect(await lineFor({ payload: { principalId: "p", policyDocument } })).toMatchObject({
      error: "-",
      authorize: expect.stringContaining("User is not authorized to access this resource"),
    });
  });
});

describe("what goes wrong with the function", () => {
  const refusedBy = async (outcome: () => Outcome, options?: Parameters<typeof authorizedGateway>[2]) => {
    const { call, logged } = authorizedGateway(tokenApi(), outcome, options);
    const { status, body, headers } = await call("GET /dev/orders", "", token);
    return {
      status,
      message: JSON.parse(body).message,
      errorType: headers["x-amzn-ErrorType"],
      log: logged.join("\n"),
    };
  };
  const misconfigured = {
    status: 500,
    message: "Internal server error",
    errorType: "AuthorizerConfigurationException",
  };
  const failed = { ...misconfigured, errorType: "AuthorizerFailureException" };

  test("the error Unauthorized is 401", async () => {
    expect(await refusedBy(failing("Unauthorized"))).toMatchObject({
      status: 401,
      message: "Unauthorized",
      errorType: "UnauthorizedException",
    });
  });

  test.each(["unauthorized", "Unauthorized: why", "no database"])("the error %j is 500", async (message) => {
    const { log, ...answer } = await refusedBy(failing(message));
    expect(answer).toEqual(failed);
    expect(log).toContain(`the function of callers failed: ${message}`);
  });

  test.each<[string, unknown, string]>([
    ["nothing", null, "must be an object with principalId and policyDocument, got: null"],
    ["an answer to a client", { statusCode: 401 }, "must have a text as principalId, got: nothing"],
    ["a number as principal", { ...allowed, principalId: 1 }, "must have a text as principalId, got: 1"],
    ["no policy", { principalId: "p" }, "must have a policyDocument, got: nothing"],
    [
      "a policy of no effect",
      { principalId: "p", policyDocument: { Statement: { Action: "*", Resource: "*" } } },
      "must have the Effect Allow or Deny",
    ],
    [
      "a policy that names principals",
      {
        principalId: "p",
        policyDocument: { Statement: { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" } },
      },
      "must not have a Principal",
    ],
    ["a policy as text", { principalId: "p", policyDocument: "{}" }, 'must have a policyDocument, got: "{}"'],
    ["a context that is a text", { ...allowed, context: "a" }, 'must have an object as context, got: "a"'],
    [
      "an object in the context",
      { ...allowed, context: { a: { b: 1 } } },
      'in context, which a is none of, got: {"b":1}',
    ],
    ["a list in the context", { ...allowed, context: { a: [] } }, "in context, which a is none of, got: []"],
    ["null in the context", { ...allowed, context: { a: null } }, "in context, which a is none of, got: null"],
    ["a number as key", { ...allowed, usageIdentifierKey: 1 }, "must have a text as usageIdentifierKey, got: 1"],
  ])("%s is 500", async (_, payload, reason) => {
    const { log, ...answer } = await refusedBy(() => ({ payload }));
    expect(answer).toEqual(misconfigured);
    expect(log).toContain(reason);
  });

  test("a call that Lambda refuses, and a role that cannot be assumed, are 500", async () => {
    const invoke = () => Promise.reject(new AwsError("AccessDeniedException", "not authorized to perform", 403));
    const { log, ...answer } = await refusedBy(() => ({ payload: allowed }), { invoke });
    expect(answer).toEqual(misconfigured);
    expect(log).toContain("Invalid permissions on Lambda function of callers: not authorized to perform");

    const assume = () => {
      throw new AwsError("AccessDeniedException", "it does not trust", 403);
    };
    const other = await refusedBy(() => ({ payload: allowed }), { assume });
    expect(other).toMatchObject(misconfigured);
    expect(other.log).toContain("API Gateway does not have permission to assume the provided role: it does not trust");
  });

  test("a function that is throttled, or no answer at all, is 500", async () => {
    const throttled = new AwsError("TooManyRequestsException", "Rate exceeded", 429);
    for (const error of [throttled, new Error("the local run has stopped")]) {
      const { log, ...answer } = await refusedBy(() => ({ payload: allowed }), { invoke: () => Promise.reject(error) });
      expect(answer).toEqual(failed);
      expect(log).toContain(`the function of callers could not be invoked: ${error.message}`);
    }
  });

  test("an API says it in its own way", async () => {
    const own = ["UNAUTHORIZED", "AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"].map((type) =>
      resource("gateway_response", type, {
        response_type: type,
        response_templates: { "application/json": '{"type":"$context.error.responseType"}' },
      }),
    );
    const typeFor = async (outcome: Outcome) => {
      const { call } = authorizedGateway([...tokenApi(), ...own], () => outcome);
      return JSON.parse((await call("GET /dev/orders", "", token)).body).type;
    };
    expect(await typeFor(failing("Unauthorized")())).toBe("UNAUTHORIZED");
    expect(await typeFor(failing("x")())).toBe("AUTHORIZER_FAILURE");
    expect(await typeFor({ payload: {} })).toBe("AUTHORIZER_CONFIGURATION_ERROR");
  });
});

describe("kept answers", () => {
  const asked = async (
    resources: ReturnType<typeof tokenApi>,
    steps: (gateway: ReturnType<typeof authorizedGateway>) => Promise<unknown>,
    outcome?: () => Outcome,
  ) => {
    const gateway = authorizedGateway(resources, outcome);
    await steps(gateway);
    return gateway.asks().length;
  };

  test("are kept for 300 s, and not longer", async () => {
    const steps =
      (milliseconds: number) =>
      async ({ call, clock }: ReturnType<typeof authorizedGateway>) => {
        await call("GET /dev/orders", "", token);
        clock.advance(milliseconds);
        await call("GET /dev/orders", "", token);
      };
    expect(await asked(tokenApi(), steps(299_999))).toBe(1);
    expect(await asked(tokenApi(), steps(300_000))).toBe(2);
    expect(await asked(tokenApi({ authorizer_result_ttl_in_seconds: 3_600 }), steps(3_599_999))).toBe(1);
    expect(await asked(tokenApi({ authorizer_result_ttl_in_seconds: 3_600 }), steps(3_600_000))).toBe(2);
    expect(await asked(tokenApi({ authorizer_result_ttl_in_seconds: 0 }), steps(0))).toBe(2);
  });

  test("are for the same token, and the same values of all identity sources", async () => {
    const tokens = async ({ call }: ReturnType<typeof authorizedGateway>) => {
      for (const authorization of ["a", "b", "a"]) await call("GET /dev/orders", "", { authorization });
    };
    expect(await asked(tokenApi(), tokens)).toBe(2);
    const pairs = async ({ call }: ReturnType<typeof authorizedGateway>) => {
      for (const [tenant, key] of [
        ["a", "b"],
        ["a", "c"],
        ["a,b", "c"],
        ["a", "b"],
      ])
        await call(`GET /dev/orders?k=${key}`, "", { "x-tenant": tenant });
    };
    const sources = "method.request.header.X-Tenant,method.request.querystring.k";
    expect(await asked(requestApi(sources), pairs)).toBe(3);
  });

  test("are of one stage and one authorizer", async () => {
    const another = resource("stage", "Other", { stage_name: "prod", deployment_id: "deployment" });
    const stages = async ({ call }: ReturnType<typeof authorizedGateway>) => {
      for (const stage of ["dev", "prod", "dev", "prod"]) await call(`GET /${stage}/orders`, "", token);
    };
    expect(await asked([...tokenApi(), another], stages)).toBe(2);

    const two = tokenApi().map((one) =>
      one.address === "aws_api_gateway_method.POST /orders"
        ? { ...one, attributes: { ...one.attributes, authorizer_id: "authorizer-2" } }
        : one,
    );
    const second = resource("authorizer", "Second", { ...lambdaAuthorizer, type: "TOKEN", id: "authorizer-2" });
    const methods = async ({ call }: ReturnType<typeof authorizedGateway>) => {
      for (const method of ["GET", "POST", "GET", "POST"]) await call(`${method} /dev/orders`, "", token);
    };
    expect(await asked([...two, second], methods)).toBe(2);
  });

  test("hold a policy that is asked again for other routes: one that names a route locks the others out", async () => {
    const policyDocument = invokePolicy("Allow", `${API}/dev/GET/orders`);
    const { call, asks } = authorizedGateway(tokenApi(), () => ({ payload: { principalId: "p", policyDocument } }));
    const statuses = [];
    for (const route of ["GET /dev/orders", "POST /dev/orders", "GET /dev/orders/1"])
      statuses.push((await call(route, "", token)).status);
    expect(statuses).toEqual([200, 403, 403]);
    expect(asks()).toHaveLength(1);
  });

  test("a denial is kept as well, an error and a 401 are not", async () => {
    const twice = async ({ call }: ReturnType<typeof authorizedGateway>) => {
      for (const _ of [1, 2]) await call("GET /dev/orders", "", token);
    };
    const denied = { payload: { principalId: "p", policyDocument: invokePolicy("Deny", "*") } };
    expect(await asked(tokenApi(), twice, () => denied)).toBe(1);
    expect(await asked(tokenApi(), twice, failing("Unauthorized"))).toBe(2);
    expect(await asked(tokenApi(), twice, failing("x"))).toBe(2);
    expect(await asked(tokenApi(), twice, () => ({ payload: {} }))).toBe(2);
  });
});
