import type { Construct } from "constructs";
import { StageAlarms } from "../constructs/apigateway/alarms";
import { LambdaIntegration } from "../constructs/apigateway/integrations/lambda";
import { StageDashboard } from "../constructs/apigateway/stage-dashboard";
import { DomainName } from "../constructs/apigatewayv2/domain-name";
import { WebSocketApi } from "../constructs/apigatewayv2/websocket-api";
import { WebSocketAuthorizer } from "../constructs/apigatewayv2/websocket-authorizer";
import type { WebSocketAuthorization } from "../constructs/apigatewayv2/websocket-route";
import type { WebSocketStage } from "../constructs/apigatewayv2/websocket-stage";
import { functionMetric, queueMetric } from "../constructs/cloudwatch/alarm";
import { Table } from "../constructs/dynamodb/table";
import { Role } from "../constructs/iam/role";
import { NodeFunction, type NodeFunctionProps } from "../constructs/lambda/function";
import { LambdaSubscription } from "../constructs/sns/lambda-subscription";
import { Topic } from "../constructs/sns/topic";
import { Queue } from "../constructs/sqs/queue";
import type { BackendConfig } from "../constructs/terraform/backend";
import { Stack } from "../constructs/terraform/stack";
import { BROADCAST_SECONDS } from "../handlers/live-orders/cursor";
import type { Environment } from "../settings/schema";
import { Alarms } from "./alarms";
import { asSet } from "./as-set";
import { consoleUrl } from "./console-url";
import { NOTIFICATION_TOPIC } from "./orders";
import { addTokenAuthorizer } from "./token-authorizer";

export interface LiveOrdersProps {
  readonly environment: Environment;
  readonly backend: BackendConfig;
}

/**
 * The orders' notification topic → `broadcast-order` → WebSocket API → browsers. Its one input from the orders stack is that topic, by its name:
 * the orders stack is applied first.
 */
export class LiveOrdersStack extends Stack {
  private readonly environment: Environment;

  constructor(scope: Construct, id: string, { environment, backend }: LiveOrdersProps) {
    const { settings } = environment;
    super(scope, id, { region: settings.region, accountId: settings.accountId, tags: settings.tags, backend });
    this.environment = environment;
    const name = (documentedName: string): string => environment.nameOf(documentedName);
    const { isDeletionProtected } = settings;

    const notifications = Topic.fromName(this, name(NOTIFICATION_TOPIC));
    const connections = new Table(this, "Connections", {
      tableName: name("live-order-connections"),
      partitionKey: "connectionId",
      timeToLiveAttribute: "expiresAt",
      isDeletionProtected,
    });
    const followers = new Table(this, "Followers", {
      tableName: name("live-order-followers"),
      partitionKey: "topic",
      sortKey: "connectionId",
      timeToLiveAttribute: "expiresAt",
      isDeletionProtected,
    });
    const log = new Table(this, "Log", {
      tableName: name("live-order-log"),
      partitionKey: "topic",
      sortKey: "cursor",
      timeToLiveAttribute: "expiresAt",
      isDeletionProtected,
    });
    const undelivered = new Queue(this, "Undelivered", {
      queueName: name("live-orders-failed"),
      messageRetentionSeconds: 1_209_600,
      failedMessages: "keep",
    });
    const api = new WebSocketApi(this, "Api", {
      apiName: name("live-orders"),
      description: "Shows orders as they come",
      stageName: environment.name,
      throttle: settings.api.throttle,
      executionLogLevel: settings.api.executionLogLevel,
      logRetentionInDays: settings.logRetentionInDays,
    });

    const followed = {
      FOLLOWERS_TABLE: followers.tableName,
      LOG_TABLE: log.tableName,
      CONNECTIONS_URL: api.connectionsUrl,
      CATCH_UP_HOURS: String(settings.liveOrders.catchUpHours),
    };
    const connectClient = this.addFunction("ConnectClient", "connect-client", {
      description: "Writes down who connects",
      environment: { CONNECTIONS_TABLE: connections.tableName },
    });
    const disconnectClient = this.addFunction("DisconnectClient", "disconnect-client", {
      description: "Forgets who disconnects",
      environment: { CONNECTIONS_TABLE: connections.tableName, FOLLOWERS_TABLE: followers.tableName },
    });
    const answerMessage = this.addFunction("AnswerMessage", "answer-message", {
      description: "Answers pings, and messages that no other route takes",
    });
    const subscribe = this.addFunction("SubscribeToOrders", "subscribe-to-orders", {
      description: "Lets a client follow orders, and sends it those that it missed",
      environment: { CONNECTIONS_TABLE: connections.tableName, ...followed },
      // As long as API Gateway waits.
      timeoutSeconds: 29,
    });
    const broadcast = this.addFunction("BroadcastOrder", "broadcast-order", {
      description: "Sends each new order to the clients that follow it",
      environment: followed,
      // A whole processor: what each client costs is the call that tells it.
      memorySizeMb: 1_769,
      timeoutSeconds: BROADCAST_SECONDS,
    });

    connectClient.role.grant("WriteConnections", [
      { actions: ["dynamodb:PutItem"], resources: [connections.tableArn] },
    ]);
    disconnectClient.role.grant("ForgetConnections", [
      { actions: ["dynamodb:DeleteItem"], resources: [connections.tableArn, followers.tableArn] },
    ]);
    subscribe.role.grant("FollowOrders", [
      { actions: ["dynamodb:UpdateItem"], resources: [connections.tableArn] },
      { actions: ["dynamodb:PutItem"], resources: [followers.tableArn] },
      { actions: ["dynamodb:Query"], resources: [log.tableArn] },
    ]);
    api.grantManageConnections(subscribe.role, "SendMissedOrders", ["POST"]);
    const grants = [
      broadcast.role.grant("LogOrders", [{ actions: ["dynamodb:PutItem"], resources: [log.tableArn] }]),
      broadcast.role.grant("ReadFollowers", [
        { actions: ["dynamodb:Query", "dynamodb:DeleteItem"], resources: [followers.tableArn] },
      ]),
      // One that does not take its messages is cut off.
      api.grantManageConnections(broadcast.role, "SendNewOrders", ["POST", "DELETE"]),
    ];

    const invoker = new Role(this, "ApiGatewayInvokeLambda", {
      roleName: name("APIGatewayInvokeLambdaRole-live-orders"),
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: "Lets API Gateway invoke the functions of live orders",
    });
    const { authorization, authorizer } = this.authorization();
    const to = (handler: NodeFunction): LambdaIntegration => new LambdaIntegration({ handler, role: invoker });
    api.addRoute("$connect", to(connectClient), { authorization });
    api.addRoute("$disconnect", to(disconnectClient));
    api.addRoute("$default", to(answerMessage), { isAnswered: true });
    api.addRoute("subscribe", to(subscribe), { isAnswered: true });
    new LambdaSubscription(this, "NotificationsToBroadcastOrder", {
      topic: notifications,
      handler: broadcast,
      onFailure: undelivered,
      grants,
    });

    const { stage } = api;
    const dashboardName = this.watch({
      stage,
      connectClient,
      subscribe,
      answerMessage,
      broadcast,
      undelivered,
      functions: [connectClient, disconnectClient, answerMessage, subscribe, broadcast],
      authorizer,
    });

    const { region } = settings;
    this.addOutput("live_orders_url", stage.invokeUrl, "Connect here by WebSocket: docs/live-orders.md");
    const { domain } = settings.liveOrders;
    if (domain) {
      const { url, targetDomainName } = asSet(
        "liveOrders.domain",
        environment,
        () => new DomainName(this, "Domain", { stage, ...domain }),
      );
      this.addOutput("domain_url", url, "Connect here, under the API's own name");
      this.addOutput("domain_target", targetDomainName, "Where the record for that name must lead");
    }
    this.addOutput("api_id", api.apiId, "Id of the WebSocket API");
    this.addOutput("connections_table_name", connections.tableName, "Table of who is connected");
    this.addOutput("followers_table_name", followers.tableName, "Table of who follows which orders");
    this.addOutput("log_table_name", log.tableName, "Table of the orders of the last hours");
    this.addOutput("broadcast_order_function_name", broadcast.functionName, "Function that sends orders to clients");
    this.addOutput(
      "broadcast_order_log_group",
      broadcast.logGroup.logGroupName,
      "Log of the function that sends orders",
    );
    this.addOutput("undelivered_queue_url", undelivered.queueUrl, "Queue of the notifications that were given up");
    this.addOutput("access_log_group", stage.accessLogs.logGroupName, "Access log of the API");
    this.addOutput("execution_log_group", stage.executionLogs.logGroupName, "Execution log of the API");
    this.addOutput(
      "api_console_url",
      consoleUrl.api(region, api.apiId, environment.name),
      "The API's stage in the console",
    );
    this.addOutput(
      "dashboard_console_url",
      consoleUrl.dashboard(region, dashboardName),
      "The API's dashboard in the console",
    );
  }

  /** Adds alarms and a dashboard; gives the dashboard's name. */
  private watch(parts: {
    readonly stage: WebSocketStage;
    readonly connectClient: NodeFunction;
    readonly subscribe: NodeFunction;
    readonly answerMessage: NodeFunction;
    readonly broadcast: NodeFunction;
    readonly undelivered: Queue;
    /** Those above, and all others behind the API. */
    readonly functions: readonly NodeFunction[];
    readonly authorizer?: NodeFunction;
  }): string {
    const { stage, connectClient, subscribe, answerMessage, broadcast, undelivered, functions, authorizer } = parts;
    const { nameOf, settings } = this.environment;
    const alarms = new Alarms(this, "live-orders", this.environment);
    for (const handler of functions) {
      alarms.addFunction(handler, handler.node.id.replace(/(?!^)[A-Z]/g, "-$&").toLowerCase());
    }
    if (authorizer) alarms.addAuthorizer(authorizer);
    alarms.addLogged(
      "Unanswered",
      "unanswered",
      [subscribe, answerMessage],
      "Message failed",
      "Clients are told that the service failed: see the logs of subscribe-to-orders and answer-message",
    );
    alarms.add(
      "UndeliveredAlarm",
      "undelivered",
      queueMetric(undelivered, "ApproximateNumberOfMessagesVisible"),
      0,
      "Clients were not told of orders: docs/live-orders.md",
    );
    alarms.add(
      "LateAlarm",
      "late",
      functionMetric(broadcast, "AsyncEventAge"),
      settings.alarms.asyncEventAgeSeconds * 1_000,
      "Clients see orders late: is broadcast-order failing or throttled?",
    );
    const { topic } = alarms;
    new StageAlarms(this, "ApiAlarms", {
      stage,
      namePrefix: nameOf("live-orders"),
      ...settings.alarms,
      // Who catches up waits for as long as that takes.
      latency: {
        metric: functionMetric(connectClient, "Duration"),
        description: "One connection in a hundred takes this long: see the log of connect-client",
      },
      topic,
    });
    const dashboardName = nameOf("live-orders-api");
    new StageDashboard(this, "Dashboard", {
      stage,
      dashboardName,
      functions: [...functions, ...(authorizer ? [authorizer] : [])],
    });
    return dashboardName;
  }

  private addFunction(
    id: string,
    functionName: string,
    props: Pick<NodeFunctionProps, "description" | "environment" | "memorySizeMb" | "timeoutSeconds">,
  ): NodeFunction {
    const { nameOf, settings } = this.environment;
    return new NodeFunction(this, id, {
      ...props,
      functionName: nameOf(functionName),
      entry: `handlers/${functionName}.ts`,
      roleName: nameOf(`Lambda-${functionName}`),
      logRetentionInDays: settings.logRetentionInDays,
    });
  }

  /** Who may connect, and the function that decides where one does. */
  private authorization(): { readonly authorization: WebSocketAuthorization; readonly authorizer?: NodeFunction } {
    const { authorization: chosen } = this.environment.settings.liveOrders;
    if (chosen.type === "AWS_IAM") return { authorization: chosen.type };
    const { handler, role } = addTokenAuthorizer(this, {
      system: "live-orders",
      environment: this.environment,
      entry: "authorize-request",
      tokens: chosen,
      variables: { TOKEN_SOURCE: "method.request.querystring.token" },
    });
    const identitySources = ["route.request.querystring.token"];
    const authorizer = new WebSocketAuthorizer({ authorizerName: "tokens", handler, role, identitySources });
    return { authorization: authorizer, authorizer: handler };
  }
}
