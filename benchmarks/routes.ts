// ROUTES=1000 DEFINITION=openapi node bundling/run.js benchmarks/routes.ts: an API of that many routes, in one rendering or the other.
//
// Of every two, one takes a body that is checked and goes to a queue, and one with a parameter in its path goes to a function.
import * as z from "zod/mini";
import { LambdaIntegration } from "../constructs/apigateway/integrations/lambda";
import { SqsIntegration } from "../constructs/apigateway/integrations/sqs";
import { RestApi, type RestApiProps } from "../constructs/apigateway/rest-api";
import { Role } from "../constructs/iam/role";
import { NodeFunction } from "../constructs/lambda/function";
import { Queue } from "../constructs/sqs/queue";
import { App } from "../constructs/terraform/app";
import { readBackend } from "../constructs/terraform/backend";
import { Stack } from "../constructs/terraform/stack";
import { withoutTokenTraces } from "../constructs/terraform/without-token-traces";
import { rules } from "../rules";

const routes = Number(process.env.ROUTES ?? 2);
const definition: RestApiProps["definition"] = process.env.DEFINITION === "openapi" ? "openapi" : "resources";
const logRetentionInDays = 30;

const body = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(255)),
  lines: z.array(z.object({ article: z.string(), count: z.int().check(z.minimum(1)) })),
  note: z.optional(z.nullable(z.string())),
});

withoutTokenTraces(() => {
  const app = new App({ rules });
  const stack = new Stack(app, "routes", { region: "eu-west-1", backend: readBackend("backend.tf.json") });
  const role = new Role(stack, "Caller", {
    roleName: "bench-caller",
    assumedBy: { Service: "apigateway.amazonaws.com" },
    description: "Lets API Gateway send to the queue and invoke the function",
  });
  const queue = new Queue(stack, "Inbox", { queueName: "bench-inbox", visibilityTimeoutSeconds: 60 });
  const handler = new NodeFunction(stack, "Read", {
    functionName: "bench-read",
    description: "Reads",
    entry: "handlers/list-buckets.ts",
    roleName: "bench-read",
    logRetentionInDays,
  });
  const toQueue = new SqsIntegration({ queue, role });
  const toFunction = new LambdaIntegration({ handler, role });
  const api = new RestApi(stack, "Api", {
    apiName: "bench",
    description: "Many routes",
    definition,
    stageName: "bench",
    executionLogLevel: "INFO",
    logRetentionInDays,
    quotas: { resourcesPerApi: 10_000 },
  });
  for (let at = 0; at < routes / 2; at += 1) {
    api.addRoute("POST", `/things-${at}`, toQueue, { body });
    api.addRoute("GET", `/things-${at}/{id}`, toFunction);
  }
  app.synth();
});
