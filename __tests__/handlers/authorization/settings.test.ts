import { readRequestRule } from "../../../handlers/authorization/request-rule";
import { readTokenSettings } from "../../../handlers/authorization/settings";

const environment = { ISSUER: "https://issuer.example/pool", AUDIENCE: "app" };

test("keys are at the issuer unless told otherwise, and nothing more is asked of a token", () => {
  expect(readTokenSettings(environment)).toEqual({
    issuer: "https://issuer.example/pool",
    audiences: ["app"],
    jwksUri: new URL("https://issuer.example/pool/.well-known/jwks.json"),
    requiredScope: undefined,
    apiKeyClaim: undefined,
  });
});

test("an issuer may end with a slash, which stays in its name", () => {
  const { issuer, jwksUri } = readTokenSettings({ ...environment, ISSUER: "https://issuer.example/" });
  expect([issuer, jwksUri.href]).toEqual(["https://issuer.example/", "https://issuer.example/.well-known/jwks.json"]);
});

test("what is set is read, and what is set to nothing is absent", () => {
  const settings = readTokenSettings({
    ...environment,
    AUDIENCE: " app  other ",
    JWKS_URI: "https://keys.example/jwks",
    REQUIRED_SCOPE: "orders/read",
    API_KEY_CLAIM: "",
  });
  expect(settings).toMatchObject({
    audiences: ["app", "other"],
    jwksUri: new URL("https://keys.example/jwks"),
    requiredScope: "orders/read",
    apiKeyClaim: undefined,
  });
});

test.each(["http://127.0.0.1:4000/pool", "http://localhost/pool", "http://[::1]:4000/pool"])(
  "an issuer on this machine may be %s",
  (ISSUER) => {
    expect(readTokenSettings({ ...environment, ISSUER }).issuer).toBe(ISSUER);
  },
);

test.each([
  [{ ISSUER: undefined }, "ISSUER must be the URL of an issuer, as its tokens have it, got: nothing"],
  [{ ISSUER: " " }, "ISSUER must be the URL of an issuer"],
  [{ AUDIENCE: undefined }, "AUDIENCE must be client ids or names of APIs, separated by spaces, got: nothing"],
  [{ AUDIENCE: "" }, "AUDIENCE must be client ids"],
  [{ ISSUER: "issuer.example" }, 'ISSUER must be an https URL, or an http one of this machine, got: "issuer.example"'],
  [{ ISSUER: "http://issuer.example" }, "ISSUER must be an https URL"],
  [{ ISSUER: "http://127.0.0.1.example" }, "ISSUER must be an https URL"],
  [{ JWKS_URI: "http://keys.example" }, 'JWKS_URI must be an https URL, or an http one of this machine, got: "http'],
  [{ JWKS_URI: "file:///keys" }, "JWKS_URI must be an https URL"],
])("refuses %j", (changes, message) => {
  expect(() => readTokenSettings({ ...environment, ...changes })).toThrow(message);
});

test.each([
  [
    { TOKEN_SOURCE: "Authorization" },
    'sources must be method.request.header.<name>, method.request.querystring.<name>, stageVariables.<name> or context.<name>, got: "Authorization"',
  ],
  [{ TOKEN_SOURCE: "method.request.body" }, 'got: "method.request.body"'],
  [{ CLAIM_SOURCES: "tenant" }, 'CLAIM_SOURCES must be claim=source, separated by spaces, got: "tenant"'],
  [{ CLAIM_SOURCES: "tenant=" }, "CLAIM_SOURCES must be claim=source"],
  [{ CLAIM_SOURCES: "tenant=method.request.path.tenant" }, 'got: "method.request.path.tenant"'],
])("refuses %j", (changes, message) => {
  expect(() => readRequestRule(changes)).toThrow(message);
});
