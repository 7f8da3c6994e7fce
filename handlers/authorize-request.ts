import { Logger } from "@aws-lambda-powertools/logger";
import { authorizer } from "./authorization/authorizer";
import { readRequestRule } from "./authorization/request-rule";
import { readTokenSettings } from "./authorization/settings";

const logger = new Logger({ serviceName: "authorize-request" });

/**
 * REQUEST authorizer of a REST or an HTTP API: whoever bears a good access token of the issuer may call the API, where the request says of the
 * bearer what the token says. `readTokenSettings` and `readRequestRule` have the environment.
 */
export const handler = authorizer(logger, readTokenSettings(process.env), readRequestRule(process.env));
