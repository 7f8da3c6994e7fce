import { Cognito } from "../../local/cognito/cognito";
import { place, silent } from "./local";
import { ManualClock } from "./rest-api";

const endpoint = "http://127.0.0.1:4566";

/** A user pool with a resource server of the scopes `orders/read` and `orders/write`, and a client that allows the first. */
export function userPool(client: Readonly<Record<string, unknown>> = {}, clock = new ManualClock(), name = "users") {
  const cognito = new Cognito({ place, clock, log: silent, endpoint });
  const { id, arn, endpoint: withoutScheme } = cognito.createUserPool({ name });
  const scope = [
    { scope_name: "read", scope_description: "r" },
    { scope_name: "write", scope_description: "w" },
  ];
  cognito.createResourceServer({ identifier: "orders", name: "Orders", user_pool_id: id, scope });
  const made = cognito.createClient({
    ...{ name: "app", user_pool_id: id, generate_secret: true },
    ...{ allowed_oauth_flows: ["client_credentials"], allowed_oauth_scopes: ["orders/read"] },
    ...client,
  });
  const call = async (method: string, path: string, { headers = {}, body = "" } = {}) => {
    const answer = await cognito.handle({ method, path: `/_aws/cognito/${id}${path}`, headers, body });
    const isJson = answer.headers["content-type"] === "application/json";
    return { status: answer.status, body: isJson ? JSON.parse(answer.body) : answer.body };
  };
  return {
    cognito,
    clock,
    call,
    arn,
    userPoolId: id,
    clientId: made.id,
    clientSecret: made.client_secret,
    issuer: `http://${withoutScheme}`,
    /** A token of the user `ann@example.com`. */
    token: (scopes?: readonly string[]) =>
      cognito.tokenFor({ userPoolId: id, clientId: made.id, username: "ann@example.com", scopes }),
  };
}
