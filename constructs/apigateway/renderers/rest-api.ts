import type { ApiGatewayRestApi, ApiGatewayRestApiConfig } from "@cdktf/provider-aws/lib/api-gateway-rest-api";
import { ApiGatewayRestApiPolicy } from "@cdktf/provider-aws/lib/api-gateway-rest-api-policy";
import { Lazy } from "cdktf";
import type { Construct } from "constructs";
import { policyDocument, type Statement } from "../../iam/policy-document";
import type { ApiSettings, GatewayResponseDefinition } from "../definition";

/** What holds for an API as a whole, as arguments. An import of a document leaves them as they are here, whatever it says itself. */
export const restApiArguments = ({
  apiName,
  description,
  binaryMediaTypes,
  minimumCompressionSizeBytes,
  apiKeySource,
  endpoint,
}: ApiSettings): ApiGatewayRestApiConfig => ({
  name: apiName,
  description,
  endpointConfiguration: {
    types: [endpoint.type],
    vpcEndpointIds: endpoint.type === "PRIVATE" ? [...endpoint.vpcEndpointIds] : undefined,
  },
  binaryMediaTypes: binaryMediaTypes && [...binaryMediaTypes],
  minimumCompressionSize: minimumCompressionSizeBytes?.toString(),
  apiKeySource: apiKeySource === "HEADER" ? undefined : apiKeySource,
});

/** The document of an API's resource policy; the paths of its statements follow what stands for the API. */
export const restApiPolicyDocument = (policy: readonly Statement[], api: string): string =>
  policyDocument(
    policy.map((statement) => ({
      ...statement,
      resources: statement.resources?.map((path) => `${api}/${path}`),
    })),
  );

/** The resource policy, where there is one, as a resource of its own: it names the API, which an argument of the API could not. */
export function restApiPolicy(
  scope: Construct,
  { id, executionArn }: ApiGatewayRestApi,
  { policy }: ApiSettings,
): readonly ApiGatewayRestApiPolicy[] {
  if (!policy) return [];
  const document = Lazy.stringValue({ produce: () => restApiPolicyDocument(policy(), executionArn) });
  return [new ApiGatewayRestApiPolicy(scope, "Policy", { restApiId: id, policy: document })];
}

/** Headers of a gateway response, as mapping expressions. */
export const gatewayResponseHeaders = (headers: GatewayResponseDefinition["headers"]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [`gatewayresponse.header.${name}`, `'${value}'`]));
