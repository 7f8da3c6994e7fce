import { gatewayResponses } from "../../../constructs/apigateway/gateway-responses";
import { ContextTemplate } from "../../../local/api-gateway/context-template";

const responses = gatewayResponses({ headers: { "Access-Control-Allow-Origin": "https://a.example" } });
const typeOf = (responseType: string) => responses.find((response) => response.responseType === responseType);

/** The body for a refusal. */
const bodyOf = (responseType: string, variables: Readonly<Record<string, string>> = {}) =>
  JSON.parse(
    new ContextTemplate(typeOf(responseType)?.template ?? "").fill(
      { requestId: "id-1", "error.message": 'a "b"', "error.messageString": '"a \\"b\\""', ...variables },
      "",
    ),
  );

test("are there for every kind of refusal that a client can do something about", () => {
  expect(responses.map(({ responseType, statusCode }) => [responseType, statusCode])).toEqual([
    ["DEFAULT_4XX", undefined],
    ["DEFAULT_5XX", undefined],
    ["BAD_REQUEST_BODY", "400"],
    ["MISSING_AUTHENTICATION_TOKEN", "403"],
    ["UNAUTHORIZED", "401"],
    ["THROTTLED", "429"],
    ["QUOTA_EXCEEDED", "429"],
    ["WAF_FILTERED", "403"],
  ]);
});

test.each(responses.map(({ responseType }) => responseType))(
  "%s is a problem in JSON, with the request's id",
  (type) => {
    const body = bodyOf(type, { "error.validationErrorString": "[reason]" });
    expect(body).toMatchObject({ title: expect.any(String), message: 'a "b"', requestId: "id-1" });
    expect(typeOf(type)?.headers).toMatchObject({
      "Content-Type": "application/problem+json",
      "Access-Control-Allow-Origin": "https://a.example",
    });
  },
);

test("a body that breaks its schema is told why", () => {
  expect(bodyOf("BAD_REQUEST_BODY", { "error.validationErrorString": "[missing orderID]" }).reason).toBe(
    "[missing orderID]",
  );
});

test("who is throttled is told when to try again, and who has used up a quota is told that that does not help", () => {
  expect(typeOf("THROTTLED")?.headers["Retry-After"]).toBe("1");
  expect(bodyOf("THROTTLED").detail).toContain("try again in a second");
  expect(typeOf("QUOTA_EXCEEDED")?.headers).not.toHaveProperty("Retry-After");
  expect(bodyOf("QUOTA_EXCEEDED").detail).toContain("It begins anew with its next day, week or month.");
});
