import type { ProxyIntegration } from "../../constructs/apigateway/integration";
import { HttpApi, type HttpApiProps } from "../../constructs/apigatewayv2/http-api";
import type { Stack } from "../../constructs/terraform/stack";
import { type Config, synthesize } from "./synth";

/** What an HTTP API at least says of itself. */
export const httpApiProps: HttpApiProps = { apiName: "shop", description: "Shop", logRetentionInDays: 30 };

/** Passes requests to a function. */
export const toFunction: ProxyIntegration = { type: "AWS_PROXY", uri: "uri", credentialsArn: "role", dependsOn: [] };

/** Synthesizes an HTTP API, at the address `Api`, with what `build` adds to it. */
export const synthesizeHttpApi = (
  build: (api: HttpApi, stack: Stack) => void,
  changes: Partial<HttpApiProps> = {},
): Config => synthesize((stack) => build(new HttpApi(stack, "Api", { ...httpApiProps, ...changes }), stack));
