import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import type { Duplex } from "node:stream";
import { type Resource, readConfig, type TerraformConfig } from "../terraform/config";
import { type Applied, apply } from "../terraform/evaluate";
import type { Answer } from "./api-gateway/answer";
import { ApiGateway, type HttpRequest } from "./api-gateway/api-gateway";
import type { FunctionCall } from "./api-gateway/proxy-integration";
import { originOf } from "./api-gateway/request-origin";
import { UsagePlans } from "./api-gateway/usage-plans";
import { type ApiDescription, ApisV2 } from "./api-gateway-v2/apis";
import { AwsError, type Caller, type Clock, type Log, type Place, type WireRequest, type WireResponse } from "./aws";
import { COGNITO_PATH, Cognito } from "./cognito/cognito";
import { DynamoDb } from "./dynamodb/dynamodb";
import { faultOf, isForS3, receive, refusalOf, requestOf, send } from "./http";
import { Iam } from "./iam/iam";
import { verify, verifyPostPolicy } from "./iam/sigv4";
import { AsyncInvocations } from "./lambda/async-invocations";
import { EventSourceMappings } from "./lambda/event-source-mappings";
import { type InvocationResult, Lambda } from "./lambda/lambda";
import { queueUrlOf } from "./lambda/queue-mapping";
import { LocalProvider } from "./resources";
import { S3 } from "./s3/s3";
import { Sns } from "./sns/sns";
import { Sqs } from "./sqs/sqs";
import { Sts } from "./sts/sts";

/** A stack as it runs here. */
export interface RunningStack {
  readonly name: string;
  readonly outputs: Applied["outputs"];
  readonly apis: readonly { readonly url: string; readonly stages: ApiGateway["stages"] }[];
  /** HTTP and WebSocket APIs. */
  readonly apisV2: readonly ApiDescription[];
  /** What of the stack is accepted and not enforced, a sentence for each resource type. */
  readonly unenforced: readonly string[];
}

export interface CloudOptions {
  /** Port on 127.0.0.1; 0 is any that is free. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Log;
  /**
   * Chooses requests for the canaries of stages: gives a number from 0 up to, not including, 1.
   * @default Math.random
   */
  readonly random?: () => number;
  /** Values of Terraform variables, as Terraform reads them from `TF_VAR_<name>`. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The account that stacks run in here, where they do not say which. */
const ACCOUNT_ID = "123456789012";
const EXECUTE_API = "/_aws/execute-api";

const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * One account and Region of AWS, on 127.0.0.1: applies stacks as they were synthesized, and serves the APIs in them and the AWS calls that their
 * functions make, each checked for its signature and for what IAM allows.
 */
export class Cloud {
  readonly iam: Iam;
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly dynamodb: DynamoDb;
  readonly lambda: Lambda;
  readonly s3: S3;
  readonly cognito: Cognito;
  private readonly sts: Sts;
  private readonly usagePlans: UsagePlans;
  readonly stacks: RunningStack[] = [];
  private readonly mappings: EventSourceMappings;
  private readonly asyncInvocations: AsyncInvocations;
  private readonly keyPolicies = new Map<string, string>();
  private readonly vpcEndpoints = new Map<string, string>();
  private readonly apis = new Map<string, ApiGateway>();
  readonly apisV2 = new ApisV2();
  private count = 0;

  private constructor(
    private readonly server: http.Server,
    readonly endpoint: string,
    readonly place: Place,
    private readonly options: Required<CloudOptions>,
  ) {
    const { clock, log } = options;
    this.iam = new Iam({ place, clock });
    const assume = (roleArn: string, service: string) => this.iam.assume(roleArn, service);
    this.sqs = new Sqs({ place, access: this.iam, clock, log, endpoint });
    this.sns = new Sns({
      place,
      access: this.iam,
      clock,
      log,
      keyPolicyOf: (keyArn) => this.keyPolicies.get(keyArn),
      deliveries: {
        invoke: ({ topicArn, functionArn, event }) => {
          this.requireInvocation(this.snsFor(topicArn), functionArn);
          this.asyncInvocations.enqueue(functionArn, event);
        },
        send: async ({ topicArn, queueArn, body }) => {
          const message = { QueueUrl: queueUrlOf(queueArn), MessageBody: body };
          await this.sqs.call(this.snsFor(topicArn), "SendMessage", message);
        },
      },
    });
    this.dynamodb = new DynamoDb({ place, access: this.iam, clock, log });
    this.s3 = new S3({
      place,
      access: this.iam,
      clock,
      log,
      authenticate: (request) => this.authenticate(request).caller,
      authenticateForm: (fields) => this.callerOf(verifyPostPolicy(fields, this.verifyOptions).accessKeyId),
    });
    this.cognito = new Cognito({ place, clock, log, endpoint });
    this.sts = new Sts({ iam: this.iam });
    this.usagePlans = new UsagePlans(clock);
    this.lambda = new Lambda({ place, clock, log, assume, endpoint });
    this.lambda.onInvocation(({ functionName }) => this.writeLogs(functionName));
    this.asyncInvocations = new AsyncInvocations({ clock, log, lambda: this.lambda, queues: this.sqs });
    this.mappings = new EventSourceMappings({
      place,
      clock,
      log,
      lambda: this.lambda,
      queues: this.sqs,
      streams: this.dynamodb,
    });
  }

  /**
   * Starts the stacks in these folders, each of which holds a cdk.tf.json.
   * @throws Error that names what of a stack the local run cannot do
   */
  static async start(folders: readonly string[], given: CloudOptions = {}): Promise<Cloud> {
    const options = { port: 0, clock: systemClock, random: Math.random, log: () => undefined, variables: {}, ...given };
    const configs = folders.map((folder) => ({ folder, config: readConfig(folder) }));
    const place = placeOf(configs.map(({ config }) => config));
    const server = http.createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", () =>
        reject(new Error(`port ${options.port} is taken: choose another with --port, or 0 for any that is free`)),
      );
      server.listen(options.port, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    const cloud = new Cloud(server, `http://127.0.0.1:${port}`, place, options);
    server.on("request", (request, response) => void cloud.serve(request, response));
    server.on("upgrade", (request, socket, head) => void cloud.upgrade(request, socket, head));
    try {
      for (const { folder, config } of configs) cloud.deploy(folder, config);
      cloud.sns.requireTopics();
    } catch (error) {
      await cloud.stop();
      throw error;
    }
    return cloud;
  }

  /** Stops everything: what is under way is ended, no process and no port is left. */
  async stop(): Promise<void> {
    this.apisV2.stop();
    await this.mappings.stop();
    await this.asyncInvocations.stop();
    await this.lambda.stop();
    this.sqs.stop();
    await this.dynamodb.stop();
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  private deploy(folder: string, config: TerraformConfig): void {
    const { place, iam, sqs, sns, dynamodb, lambda, s3, cognito, mappings, keyPolicies, vpcEndpoints, usagePlans } =
      this;
    const { asyncInvocations } = this;
    const services = {
      place,
      iam,
      sqs,
      sns,
      dynamodb,
      lambda,
      s3,
      cognito,
      mappings,
      asyncInvocations,
      keyPolicies,
      vpcEndpoints,
      usagePlans,
      executeApi: `${this.endpoint}${EXECUTE_API}`,
    };
    const provider = new LocalProvider(services, folder, () => {
      this.count += 1;
      return this.count;
    });
    const { outputs } = apply(config, provider, this.options.variables);
    const urlOf = (apiId: string): string => `${services.executeApi}/${apiId}`;
    const apis = [...groupBy(provider.apiResources, apiIdOf)].map(([restApiId, resources]) => ({
      url: urlOf(restApiId),
      stages: this.createApi(restApiId, resources).stages,
    }));
    const apisV2 = [...groupBy(provider.apiV2Resources, apiIdOf)].map(([apiId, resources]) =>
      this.apisV2.create(urlOf(apiId), { apiId, resources, ...this.behindApi(apiId) }),
    );
    const unenforced = [...provider.unenforced].sort();
    this.stacks.push({ name: path.basename(folder), outputs, apis, apisV2, unenforced });
  }

  /** Lambda writes a function's logs under the function's role; without the grants they are lost, and the function runs. */
  private writeLogs(functionName: string): void {
    const { partition, region, accountId } = this.place;
    const caller = this.lambda.roleOf(this.lambda.arnOf(functionName));
    const resource = `arn:${partition}:logs:${region}:${accountId}:log-group:/aws/lambda/${functionName}:log-stream:local`;
    try {
      for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"])
        this.iam.authorize({ caller, action, resource });
    } catch (error) {
      this.options.log(functionName, `its logs are lost: ${(error as Error).message}`);
    }
  }

  private createApi(restApiId: string, resources: readonly Resource[]): ApiGateway {
    const api = new ApiGateway({
      restApiId,
      resources,
      usagePlans: this.usagePlans,
      random: this.options.random,
      ...this.behindApi(restApiId),
    });
    this.apis.set(restApiId, api);
    return api;
  }

  /** What an API of any kind asks and calls. */
  private behindApi(apiId: string) {
    const sessions = new Map<string, Caller>();
    return {
      place: this.place,
      access: this.iam,
      clock: this.options.clock,
      log: this.options.log,
      // The client signed the whole path, of which the API sees the part behind its own id.
      authenticate: (request: HttpRequest): Caller => {
        const path = `${EXECUTE_API}/${apiId}${request.path}`;
        const { caller, service } = this.authenticate({ ...request, path });
        if (service === "execute-api") return caller;
        const message = `Credential should be scoped to correct service: 'execute-api', got: ${service}`;
        throw new AwsError("SignatureDoesNotMatch", message, 403);
      },
      assume: (roleArn: string): Caller => {
        const caller = sessions.get(roleArn) ?? this.iam.assume(roleArn, "apigateway.amazonaws.com").caller;
        sessions.set(roleArn, caller);
        return caller;
      },
      integrations: {
        // path/<account>/<queue>, as the integration's URI ends
        sqs: (caller: Caller, queuePath: string, request: WireRequest) =>
          this.sqs.handle(caller, {
            ...request,
            headers: { ...request.headers, "x-local-path": queuePath.replace(/^path/, "") },
          }),
      },
      invoke: (call: FunctionCall) => this.invoke(call),
      userPoolByArn: (arn: string) => this.cognito.poolByArn(arn),
      userPools: () => this.cognito.userPools,
    };
  }

  /** Invokes a function for an API, if the API's role or the function's own policy lets it. */
  private invoke({ caller, functionArn, sourceArn, event }: FunctionCall): Promise<InvocationResult> {
    // A role's session says nothing of whom it works for.
    this.requireInvocation(caller.service ? { ...caller, sourceArn } : caller, functionArn);
    return this.lambda.invoke(functionArn, event);
  }

  /** @throws AwsError for who may not invoke a function, by policies of its own or the function's */
  private requireInvocation(caller: Caller, functionArn: string): void {
    const resourcePolicy = this.lambda.policyOf(functionArn);
    this.iam.authorize({ caller, action: "lambda:InvokeFunction", resource: functionArn, resourcePolicy });
  }

  /** SNS itself, which delivers a topic's messages. */
  private snsFor(topicArn: string): Caller {
    const service = "sns.amazonaws.com";
    return { principalArn: service, accountId: this.place.accountId, service, sourceArn: topicArn };
  }

  private async serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const answer = await receive(incoming)
      .then((request) => this.respond(request))
      .catch(faultOf);
    // Whoever hung up gets nothing; whatever else happens, the run goes on.
    if (!outgoing.destroyed) send(outgoing, answer);
  }

  private async respond(request: HttpRequest): Promise<Answer | WireResponse> {
    if (request.path.startsWith(`${COGNITO_PATH}/`)) {
      const { method, path: asked, headers, body } = request;
      return this.cognito.handle({ method, path: asked, headers, body: body.toString() });
    }
    const { apiId: restApiId, rest } = pathOf(request);
    if (!restApiId && isForS3(request)) return this.s3.handle(request);
    if (!restApiId) {
      return this.callAws(request).catch((error: unknown) => {
        if (error instanceof AwsError) return refusalOf(error, request);
        throw error;
      });
    }
    const api = this.apis.get(restApiId);
    const received = this.receivedAt(request, rest);
    return api ? api.handle(received) : this.apisV2.handle(restApiId, received);
  }

  /** A request as its API sees it. */
  private receivedAt(request: HttpRequest, path: string): HttpRequest {
    const origin = originOf(request, (vpcEndpointId) => this.vpcEndpoints.get(vpcEndpointId));
    return { ...request, ...origin, path };
  }

  private async upgrade(incoming: http.IncomingMessage, raw: Duplex, head: Buffer): Promise<void> {
    const request = requestOf(incoming, Buffer.alloc(0));
    const { apiId, rest } = pathOf(request);
    await this.apisV2.upgrade({ incoming, raw, head }, apiId, () => this.receivedAt(request, rest));
  }

  private async callAws(request: HttpRequest): Promise<WireResponse> {
    const { caller, service } = this.authenticate(request);
    const services: Record<string, { handle(caller: Caller, request: WireRequest): Promise<WireResponse> }> = {
      sqs: this.sqs,
      sns: this.sns,
      dynamodb: this.dynamodb,
      sts: this.sts,
    };
    const called = Object.hasOwn(services, service) ? services[service] : undefined;
    if (!called)
      throw new AwsError(
        "UnknownService",
        `${service} is not part of the local run; what is: ${[...Object.keys(services), "s3"].join(", ")}`,
        501,
      );
    const queuePath = request.path.split("?")[0];
    return called.handle(caller, {
      headers: { ...request.headers, "x-local-path": queuePath },
      body: request.body.toString(),
    });
  }

  private authenticate(request: HttpRequest): { readonly caller: Caller; readonly service: string } {
    const { accessKeyId, service } = verify(request, this.verifyOptions);
    return { caller: { ...this.callerOf(accessKeyId), sourceIp: request.sourceIp }, service };
  }

  private get verifyOptions() {
    const secretOf = (accessKeyId: string) => this.iam.sessionOf(accessKeyId);
    return { secretOf, now: this.options.clock.now(), region: this.place.region };
  }

  private callerOf(accessKeyId: string): Caller {
    return this.iam.sessionOf(accessKeyId)?.caller as Caller;
  }
}

interface AwsProvider {
  readonly region: string;
  readonly allowed_account_ids?: readonly string[];
}

/** The account and Region that the stacks' providers name; all must name the same. */
function placeOf(configs: readonly TerraformConfig[]): Place {
  const providers = configs.flatMap(
    ({ provider }) => (provider as { aws?: readonly AwsProvider[] } | undefined)?.aws ?? [],
  );
  const regions = new Set(providers.map(({ region }) => region));
  const accounts = new Set(providers.map(({ allowed_account_ids: ids }) => ids?.[0] ?? ACCOUNT_ID));
  const [region = "us-east-1"] = regions;
  const [accountId = ACCOUNT_ID] = accounts;
  if (regions.size > 1 || accounts.size > 1) {
    throw new Error(
      `the stacks must be of one Region and account, got: ${[...regions, ...accounts].join(", ")}. Run those of one environment`,
    );
  }
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return { partition, region, accountId };
}

/** The API that a resource belongs to, or is. */
const apiIdOf = ({ attributes }: Resource): string =>
  String(attributes.rest_api_id ?? attributes.api_id ?? attributes.id);

/** The API that a request is for, and what of the path is the API's. */
function pathOf({ path: asked }: HttpRequest): { readonly apiId: string; readonly rest: string } {
  const [, apiId = "", rest = "/"] = /^\/_aws\/execute-api\/([^/?]+)([/?].*)?$/.exec(asked) ?? [];
  return { apiId, rest: rest.startsWith("?") ? `/${rest}` : rest };
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
