import type { UsagePlans } from "./api-gateway/usage-plans";
import type { Place } from "./aws";
import type { Cognito } from "./cognito/cognito";
import type { DynamoDb } from "./dynamodb/dynamodb";
import type { Iam } from "./iam/iam";
import type { AsyncInvocations } from "./lambda/async-invocations";
import type { EventSourceMappings } from "./lambda/event-source-mappings";
import type { Lambda } from "./lambda/lambda";
import type { S3 } from "./s3/s3";
import type { Sns } from "./sns/sns";
import type { Sqs } from "./sqs/sqs";

/** What resources are made in. */
export interface Services {
  readonly place: Place;
  readonly iam: Iam;
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly dynamodb: DynamoDb;
  readonly lambda: Lambda;
  readonly s3: S3;
  readonly cognito: Cognito;
  readonly mappings: EventSourceMappings;
  readonly asyncInvocations: AsyncInvocations;
  /** Policies of the keys, by ARN. */
  readonly keyPolicies: Map<string, string>;
  /** VPCs of the endpoints that stacks make, by the endpoints' ids. */
  readonly vpcEndpoints: Map<string, string>;
  readonly usagePlans: UsagePlans;
  /** Where stages are served: `http://127.0.0.1:<port>/_aws/execute-api`. */
  readonly executeApi: string;
}
