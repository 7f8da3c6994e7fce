import { Logger } from "@aws-lambda-powertools/logger";
import { authorizer } from "./authorization/authorizer";
import { bearerToken } from "./authorization/bearer";
import { readTokenSettings } from "./authorization/settings";

const logger = new Logger({ serviceName: "authorize-token" });

/** TOKEN authorizer: whoever bears a good access token of the issuer may call the API. `readTokenSettings` has the environment. */
export const handler = authorizer(logger, readTokenSettings(process.env), ({ authorizationToken }) => ({
  token: bearerToken(authorizationToken),
}));
