import { type ApiKind, accessLogFormat } from "../../../constructs/apigateway/access-log";

const kinds: readonly ApiKind[] = ["REST", "HTTP", "WEBSOCKET"];
const fieldsOf = (kind: ApiKind): Record<string, string> => JSON.parse(accessLogFormat(kind));

/** Variables that AWS's page of one kind of API has, and those of the others have not. */
const own: Record<ApiKind, readonly string[]> = {
  REST: ["resourcePath", "waf.status", "wafResponseCode", "identity.apiKeyId", "isCanaryRequest", "xrayTraceId"],
  HTTP: ["authorizer.sub", "identity.clientCert.subjectDN", "customDomain.basePathMatched"],
  WEBSOCKET: ["eventType", "connectionId", "connectedAt", "messageId"],
};

test.each(kinds)("the line of a %s API says how it ended, and what only such an API knows", (kind) => {
  const values = Object.values(fieldsOf(kind));
  expect(fieldsOf(kind)).toMatchObject({
    status: "$context.status",
    integrationLatency: "$context.integration.latency",
  });
  expect(values).toEqual(expect.arrayContaining(own[kind].map((name) => `$context.${name}`)));
  const foreign = kinds.filter((other) => other !== kind).flatMap((other) => own[other]);
  expect(values.filter((value) => foreign.includes(value.replace("$context.", "")))).toEqual([]);
});

test("a field has the same name and means the same for every kind of API", () => {
  const meanings = new Map<string, Set<string>>();
  for (const kind of kinds) {
    for (const [name, value] of Object.entries(fieldsOf(kind)))
      meanings.set(name, new Set([...(meanings.get(name) ?? []), value]));
  }
  expect([...meanings].filter(([, values]) => values.size > 1)).toEqual([]);
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
test.each(kinds)(
  "the template of a %s API is at most 3 KB long, and has no query, in which tokens are sent",
  (kind) => {
    expect(Buffer.byteLength(accessLogFormat(kind))).toBeLessThanOrEqual(3 * 1_024);
    expect(accessLogFormat(kind)).not.toMatch(/querystring|rawQuery/i);
  },
);
