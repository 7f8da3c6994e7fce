import type { Construct } from "constructs";
import { StageAlarms } from "../../constructs/apigateway/alarms";
import { LambdaIntegration } from "../../constructs/apigateway/integrations/lambda";
import { StageDashboard } from "../../constructs/apigateway/stage-dashboard";
import { DomainName } from "../../constructs/apigatewayv2/domain-name";
import { HttpApi } from "../../constructs/apigatewayv2/http-api";
import { HttpSqsIntegration } from "../../constructs/apigatewayv2/http-sqs-integration";
import { JwtAuthorizer } from "../../constructs/apigatewayv2/jwt-authorizer";
import { WebSocketApi } from "../../constructs/apigatewayv2/websocket-api";
import { WebSocketAuthorizer } from "../../constructs/apigatewayv2/websocket-authorizer";
import { UserPool } from "../../constructs/cognito/user-pool";
import { UserPoolClient } from "../../constructs/cognito/user-pool-client";
import { Role } from "../../constructs/iam/role";
import { NodeFunction } from "../../constructs/lambda/function";
import { Topic } from "../../constructs/sns/topic";
import { Queue } from "../../constructs/sqs/queue";
import { Stack, type StackProps } from "../../constructs/terraform/stack";

/** What docs/http-api.md shows, word for word, with what stands around it there: http-api.test.ts looks that it does. */
export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const handler = this.function("read-order", "handlers/read-object.ts");
    const talk = this.function("talk", "handlers/answer-message.ts");
    const authorize = this.function("authorize", "handlers/authorize-request.ts");
    const asker = new Role(this, "Asker", {
      roleName: "APIGateway-shop-asks",
      description: "Lets API Gateway ask who may connect",
      assumedBy: { Service: "apigateway.amazonaws.com" },
    });
    const pool = new UserPool(this, "Users", {
      userPoolName: "shop",
      domainPrefix: "shop",
      resourceServer: { identifier: "orders", scopes: { read: "Read orders" } },
    });
    const scopes = [pool.scope("read")];
    const signInPages = { callbackUrls: ["https://shop.example"], scopes };
    const app = new UserPoolClient(this, "App", { userPool: pool, clientName: "shop", signInPages });
    const topic = new Topic(this, "Alarms", { topicName: "shop-alarms" });
    const hostedZoneId = "Z0123456789ABCDEFGHIJ";
    const truststoreVersion = "1";

    const gateway = new Role(this, "Gateway", {
      roleName: "APIGateway-shop",
      description: "Lets API Gateway call what is behind the shop's APIs",
      assumedBy: { Service: "apigateway.amazonaws.com" },
    });
    const users = new JwtAuthorizer({ authorizerName: "users", issuer: pool.issuer, audiences: [app.clientId] });
    const inbox = new Queue(this, "Inbox", { queueName: "orders.fifo", fifo: { deduplicateBy: "content" } });

    const api = new HttpApi(this, "Api", {
      apiName: "shop",
      description: "Orders of the shop",
      logRetentionInDays: 30,
      cors: { allowOrigins: ["https://shop.example"] },
      isExecuteApiEndpointDisabled: true,
    });
    api.addRoute("GET /orders/{id}", new LambdaIntegration({ handler, role: gateway }), {
      authorization: { authorizer: users, scopes: [pool.scope("read")] },
    });
    api.addRoute(
      "POST /orders",
      new HttpSqsIntegration({
        queue: inbox,
        role: gateway,
        messageGroupId: "$request.body.customer",
        messageAttributes: { tenant: "$request.header.X-Tenant", source: "web" },
      }),
      { throttle: { rateLimit: 10, burstLimit: 20 } },
    );

    new StageAlarms(this, "ApiAlarms", {
      stage: api.stage,
      namePrefix: "shop",
      throttledRequests: 20,
      serverErrors: 0,
      latencyMilliseconds: 3_000,
      topic,
    });
    new StageDashboard(this, "Dashboard", { stage: api.stage, dashboardName: "shop", functions: [handler] });

    const mutualTls = { truststoreUri: "s3://shop-truststore/clients.pem", truststoreVersion };
    const domainName = "api.example.com";
    new DomainName(this, "Domain", { stage: api.stage, domainName, hostedZoneId, basePath: "v1", mutualTls });

    const identitySources = ["route.request.querystring.token"];
    const tokens = new WebSocketAuthorizer({
      authorizerName: "tokens",
      handler: authorize,
      role: asker,
      identitySources,
    });
    const chat = new WebSocketApi(this, "Chat", {
      apiName: "chat",
      description: "Talks with the shop's users",
      stageName: "live",
      logRetentionInDays: 30,
      executionLogLevel: "ERROR",
    });
    const toTalk = new LambdaIntegration({ handler: talk, role: gateway });
    chat.addRoute("$connect", toTalk, { authorization: tokens });
    chat.addRoute("say", toTalk, { isAnswered: true, throttle: { rateLimit: 5, burstLimit: 10 } });
    chat.addRoute("$default", toTalk, { isAnswered: true });
    chat.grantManageConnections(talk.role, "SendMessages", ["POST"]);
    new DomainName(this, "ChatDomain", { stage: chat.stage, domainName: "chat.example.com", hostedZoneId });
  }

  private function(functionName: string, entry: string): NodeFunction {
    const id = functionName.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
    return new NodeFunction(this, id, {
      functionName,
      description: functionName,
      entry,
      roleName: `Lambda-${functionName}`,
      logRetentionInDays: 30,
    });
  }
}
