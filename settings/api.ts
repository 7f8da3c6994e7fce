import * as z from "zod/mini";
import { ORIGIN } from "../constructs/apigateway/cors";

export const count = (min: number, max: number) => z.int().check(z.minimum(min), z.maximum(max));
const text = (pattern: RegExp, rule: string) => z.string().check(z.regex(pattern, rule));

export const throttle = z.strictObject({
  rateLimit: z.number().check(z.gt(0), z.maximum(10_000)),
  burstLimit: count(1, 5_000),
});

const route = text(
  /^(DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) \//,
  'must name methods as the API has them, such as "POST /objects"',
);
const ttlSeconds = z.optional(count(0, 3_600));
const scope = text(/^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/, "must be a scope, such as orders/read");
const userPoolArn = text(
  /^arn:[\w-]+:cognito-idp:[\w-]+:\d{12}:userpool\/[\w-]+$/,
  "must be the ARN of a user pool, such as arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI",
);

/** Tokens that a function takes: those of an issuer that is there already, or of a user pool that the stack makes. */
const tokens = {
  issuer: z.optional(text(/^https:\/\/\S+$/, "must be the URL of an issuer, as its tokens have it")),
  audience: z.optional(z.array(text(/^\S+$/, "must be client ids, or names of APIs, as tokens have them"))),
  requiredScope: z.optional(scope),
  ttlSeconds,
};
const bothOrNeither = z.refine<{ issuer?: string; audience?: readonly string[] }>(
  ({ issuer, audience }) => (issuer === undefined) === (audience === undefined || audience.length === 0),
  "must have issuer and audience, or neither for a user pool that the stack makes",
);

const authorization = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.enum(["AWS_IAM", "NONE"]) }),
    z
      .strictObject({
        type: z.literal("COGNITO_USER_POOLS"),
        userPoolArns: z.optional(z.array(userPoolArn).check(z.minLength(1))),
        scopes: z.optional(z.array(scope)),
        ttlSeconds,
      })
      .check(
        z.refine(
          ({ userPoolArns = [], scopes = [] }) => scopes.length === 0 || userPoolArns.length > 0,
          "must have userPoolArns where it has scopes: the pool that the stack makes knows none",
        ),
      ),
    z.strictObject({ type: z.literal("TOKEN"), ...tokens }).check(bothOrNeither),
    z
      .strictObject({
        type: z.literal("REQUEST"),
        ...tokens,
        // Not the query: it stands in logs and histories, and the functions behind refuse parameters that they do not know.
        tokenSource: z.optional(
          text(/^method\.request\.header\.[\w.-]+$/, "must be a header, such as method.request.header.X-Token"),
        ),
        claimSources: z.optional(
          z.record(
            text(/^[^=\s]+$/, "must name claims"),
            text(
              /^(method\.request\.header|stageVariables)\.[\w.-]+$/,
              "must be headers or stage variables, such as method.request.header.X-Tenant",
            ),
          ),
        ),
      })
      .check(bothOrNeither),
  ],
  { error: "must have the type AWS_IAM, NONE, COGNITO_USER_POOLS, TOKEN or REQUEST" },
);

/**
 * Who may connect to a WebSocket API. Browsers send no headers of their own: they show a token in the query, or have a URL that somebody signed
 * for them.
 */
export const ConnectAuthorization = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("AWS_IAM") }),
    z
      .strictObject({
        type: z.literal("REQUEST"),
        issuer: tokens.issuer,
        audience: tokens.audience,
        requiredScope: tokens.requiredScope,
      })
      .check(bothOrNeither),
  ],
  { error: "must have the type AWS_IAM or REQUEST" },
);

const sources = z.array(
  z.union(
    [
      z.strictObject({ sourceIps: z.array(z.string()) }),
      z.strictObject({ vpcIds: z.array(z.string()) }),
      z.strictObject({ vpcEndpointIds: z.array(z.string()) }),
      z.strictObject({ principals: z.array(z.string()) }),
    ],
    { error: "must have one of sourceIps, vpcIds, vpcEndpointIds, principals, each a list" },
  ),
);

const privateEndpoint = z.union(
  [
    z.strictObject({ vpcEndpointIds: z.array(z.string()) }),
    z.strictObject({ vpcId: z.string(), subnetIds: z.array(z.string()), clientCidrBlocks: z.array(z.string()) }),
  ],
  {
    error: "must have vpcEndpointIds, or vpcId, subnetIds and clientCidrBlocks for an endpoint that the stack makes",
  },
);

/** A name of an API's own; its rules are those of the constructs. */
export const domain = z.strictObject({
  domainName: z.string(),
  certificateArn: z.optional(z.string()),
  hostedZoneId: z.optional(z.string()),
  basePath: z.optional(z.string()),
});

const choices = z.strictObject({
  definition: z.optional(z.enum(["resources", "openapi"])),
  authorization: z.optional(authorization),
  policy: z.optional(z.strictObject({ allow: z.optional(sources), deny: z.optional(sources) })),
  privateEndpoint: z.optional(privateEndpoint),
  allowOrigins: z.optional(
    z.array(text(ORIGIN, "must be origins as browsers send them, such as https://example.com, and never *")),
  ),
  methodThrottles: z.optional(z.record(route, throttle)),
  usagePlans: z.optional(
    z.record(
      text(
        /^[a-z][a-z0-9-]{0,30}$/,
        "must have names of up to 31 lower-case letters, digits and -, starting with a letter",
      ),
      z.strictObject({
        throttle: z.optional(throttle),
        quota: z.optional(
          z.strictObject({
            limit: count(1, 2_147_483_647),
            period: z.enum(["DAY", "WEEK", "MONTH"]),
            offset: z.optional(count(0, 27)),
          }),
        ),
        methodThrottles: z.optional(z.record(route, throttle)),
        keys: z.array(text(/^[\w-]{1,64}$/, "must be names of 1–64 letters, digits, - and _")),
      }),
    ),
  ),
  cache: z.optional(
    z.strictObject({
      sizeGb: z.literal(["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"]),
      ttlSeconds: z
        .record(route, count(1, 3_600))
        .check(
          z.refine(
            (seconds) => Object.keys(seconds).length > 0,
            "must name a route: a cache costs by the hour, used or not",
          ),
        ),
    }),
  ),
  release: z.optional(
    z.strictObject({
      stable: z.string(),
      canary: z.optional(
        z.strictObject({
          version: z.string(),
          percentTraffic: z.number(),
          variables: z.optional(z.record(z.string(), z.string())),
        }),
      ),
      retained: z.optional(z.array(z.string())),
    }),
  ),
  variables: z.optional(z.record(z.string(), z.string())),
  domain: z.optional(domain),
  webAclArn: z.optional(z.string()),
  minimumCompressionSizeBytes: z.optional(count(0, 10_485_760)),
  quotas: z.optional(
    z.strictObject({
      resourcesPerApi: z.optional(count(1, 1_000_000)),
      authorizersPerApi: z.optional(count(1, 1_000_000)),
      stagesPerApi: z.optional(count(1, 1_000_000)),
      methodThrottlesPerPlan: z.optional(count(1, 1_000_000)),
      resourcePolicyCharacters: z.optional(count(1, 1_000_000)),
      integrationTimeoutSeconds: z.optional(count(1, 300)),
    }),
  ),
});

/** How one system's API differs from an API that is public, takes signed requests alone and has one stage. docs/settings.md has a line for each. */
export const ApiChoices = choices.check(
  z.refine(({ domain, privateEndpoint }) => !(domain && privateEndpoint), {
    error: "must be left out where there is a privateEndpoint: it is a public name, which leads to public APIs",
    path: ["domain"],
  }),
);
export type ApiChoices = z.infer<typeof ApiChoices>;
