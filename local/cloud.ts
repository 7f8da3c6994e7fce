import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { type Resource, readConfig } from "../terraform/config";
import { ApiGateway, type HttpRequest } from "./api-gateway/api-gateway";
import type { FunctionCall } from "./api-gateway/proxy-integration";
import { UsagePlans } from "./api-gateway/usage-plans";
import { ApisV2 } from "./api-gateway-v2/apis";
import { AwsError, type Caller, type Clock, type Log, type Place, systemClock, type WireRequest } from "./aws";
import { Cognito } from "./cognito/cognito";
import { type ApiHost, Deployments, type RunningStack, type StackChange } from "./deployments";
import { DynamoDb } from "./dynamodb/dynamodb";
import { Endpoint, EXECUTE_API } from "./endpoint";
import { Authentication } from "./iam/authentication";
import { Iam } from "./iam/iam";
import { forgetting, type Journals } from "./journal";
import { AsyncInvocations } from "./lambda/async-invocations";
import { EventSourceMappings } from "./lambda/event-source-mappings";
import { type InvocationResult, Lambda } from "./lambda/lambda";
import { LambdaApi } from "./lambda/lambda-api";
import { queueUrlOf } from "./lambda/queue-mapping";
import { Logs } from "./logs/logs";
import { placeOf } from "./place";
import { S3 } from "./s3/s3";
import { Sns } from "./sns/sns";
import { Sqs } from "./sqs/sqs";
import { Sts } from "./sts/sts";
import { Traffic } from "./traffic";

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
  /**
   * Where messages, items and objects are written down for the next run.
   * @default - nowhere: everything is gone when the run ends
   */
  readonly journals?: Journals;
}

export type { RunningStack, StackChange } from "./deployments";

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
  private readonly authentication: Authentication;
  private readonly usagePlans: UsagePlans;
  private readonly mappings: EventSourceMappings;
  private readonly asyncInvocations: AsyncInvocations;
  private readonly keyPolicies = new Map<string, string>();
  private readonly vpcEndpoints = new Map<string, string>();
  private readonly restApis = new Map<string, ApiGateway>();
  readonly apisV2 = new ApisV2();
  /** What passes through the run. */
  readonly traffic = new Traffic();
  private readonly deployments: Deployments;

  private constructor(
    private readonly server: http.Server,
    readonly endpoint: string,
    readonly place: Place,
    private readonly options: Required<Omit<CloudOptions, "variables">>,
  ) {
    const { clock, log, journals } = options;
    const { tell } = this.traffic;
    this.iam = new Iam({ place, clock, tell, journals });
    this.authentication = new Authentication({ iam: this.iam, clock, region: place.region });
    const assume = (roleArn: string, service: string) => this.iam.assume(roleArn, service);
    this.sqs = new Sqs({ place, access: this.iam, clock, log, endpoint, tell, journals });
    this.sns = new Sns({
      place,
      journals,
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
    this.dynamodb = new DynamoDb({ place, access: this.iam, clock, log, tell, journals });
    this.s3 = new S3({
      place,
      journals,
      access: this.iam,
      clock,
      log,
      authenticate: (request) => this.authentication.ofRequest(request).caller,
      authenticateForm: (fields) => this.authentication.ofForm(fields),
    });
    this.cognito = new Cognito({ place, clock, log, endpoint, journals });
    this.usagePlans = new UsagePlans(clock);
    this.lambda = new Lambda({ place, clock, log, assume, endpoint, tell });
    this.lambda.onInvocation(({ functionName }) => this.writeLogs(functionName));
    this.asyncInvocations = new AsyncInvocations({ clock, log, lambda: this.lambda, queues: this.sqs, journals });
    this.mappings = new EventSourceMappings({
      place,
      clock,
      log,
      lambda: this.lambda,
      queues: this.sqs,
      streams: this.dynamodb,
      journals,
    });
    this.deployments = new Deployments(
      {
        ...{ place, iam: this.iam, sqs: this.sqs, sns: this.sns, dynamodb: this.dynamodb, lambda: this.lambda },
        ...{ s3: this.s3, cognito: this.cognito, mappings: this.mappings, asyncInvocations: this.asyncInvocations },
        ...{ keyPolicies: this.keyPolicies, vpcEndpoints: this.vpcEndpoints, usagePlans: this.usagePlans },
        executeApi: `${endpoint}${EXECUTE_API}`,
      },
      this.apiHost(),
    );
  }

  /**
   * Starts the stacks in these folders, each of which holds a cdk.tf.json.
   * @throws Error that names what of a stack the local run cannot do
   */
  static async start(folders: readonly string[], given: CloudOptions = {}): Promise<Cloud> {
    const { variables = {}, ...rest } = given;
    const defaults = { port: 0, clock: systemClock, random: Math.random, log: () => undefined, journals: forgetting };
    const options = { ...defaults, ...rest };
    const stacks = folders.map((folder) => ({ folder, config: readConfig(folder) }));
    const place = placeOf(stacks.map(({ config }) => config));
    // Longer than clients keep a connection: one that is closed just as it is used again looks like a failure.
    const server = http.createServer({ keepAliveTimeout: 65_000 });
    await new Promise<void>((resolve, reject) => {
      server.once("error", () =>
        reject(new Error(`port ${options.port} is taken: choose another with --port, or 0 for any that is free`)),
      );
      server.listen(options.port, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    const cloud = Cloud.behind(server, () => new Cloud(server, `http://127.0.0.1:${port}`, place, options));
    try {
      cloud.deployments.apply({ stacks, variables });
    } catch (error) {
      await cloud.stop();
      throw error;
    }
    cloud.asyncInvocations.resume();
    return cloud;
  }

  /** Serves what is made; of a journal that cannot be read no open port is left. */
  private static behind(server: http.Server, make: () => Cloud): Cloud {
    try {
      const cloud = make();
      const endpoint = cloud.servedAt();
      server.on("request", (request, response) => void endpoint.serve(request, response));
      server.on("upgrade", (request, socket, head) => void endpoint.upgrade(request, socket, head));
      return cloud;
    } catch (error) {
      server.close();
      throw error;
    }
  }

  /** What earlier runs have left of things that no stack makes now, such as `queue POC-Queue: 3 messages`. It is kept. */
  unclaimed(): readonly string[] {
    const { sqs, dynamodb, s3, asyncInvocations } = this;
    return [sqs, dynamodb, s3, asyncInvocations].flatMap((service) => service.unclaimed());
  }

  /** The stacks that run. */
  get stacks(): readonly RunningStack[] {
    return this.deployments.stacks;
  }

  /**
   * Goes on with the stacks as they stand in these folders now: only what differs is changed, messages and items stay.
   *
   * @returns what was changed
   * @throws Error that says why that cannot be; everything runs on as before then
   */
  reload(folders: readonly string[], variables: Readonly<Record<string, string>> = {}): readonly StackChange[] {
    const stacks = folders.map((folder) => ({ folder, config: readConfig(folder) }));
    const place = placeOf(stacks.map(({ config }) => config));
    if (!isDeepStrictEqual(place, this.place))
      throw new Error(
        `the stacks are of ${place.accountId} in ${place.region} now, and run as ${this.place.accountId} in ${this.place.region}. Stop the run, and start it again`,
      );
    const changes = this.deployments.apply({ stacks, variables });
    this.asyncInvocations.resume();
    return changes;
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

  /** Lambda writes a function's logs under the function's role; without the grants they are lost, and the function runs. */
  private writeLogs(functionName: string): void {
    const { partition, region, accountId } = this.place;
    const resource = `arn:${partition}:logs:${region}:${accountId}:log-group:/aws/lambda/${functionName}:log-stream:local`;
    try {
      // A function that was deleted while it worked has none any more.
      const caller = this.lambda.roleOf(this.lambda.arnOf(functionName));
      for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"])
        this.iam.authorize({ caller, action, resource });
    } catch (error) {
      this.options.log(functionName, `its logs are lost: ${(error as Error).message}`);
    }
  }

  /** What is asked at the run's address. */
  private servedAt(): Endpoint {
    const { place, iam, sqs, sns, dynamodb, lambda, s3, cognito, asyncInvocations } = this;
    const resources = (): readonly Resource[] => this.stacks.flatMap((stack) => stack.resources);
    const services = {
      ...{ sqs, sns, dynamodb },
      sts: new Sts({ iam }),
      lambda: new LambdaApi({ place, access: iam, lambda, asyncInvocations, resources }),
      logs: new Logs({ place, access: iam, lambda, resources }),
    };
    const { authentication, restApis, apisV2, vpcEndpoints } = this;
    return new Endpoint({ authentication, services, s3, cognito, restApis, apisV2, vpcEndpoints });
  }

  /** Makes APIs where requests find them. */
  private apiHost(): ApiHost {
    const urlOf = (apiId: string): string => `${this.endpoint}${EXECUTE_API}/${apiId}`;
    return {
      putRest: (restApiId, resources) => {
        const { usagePlans } = this;
        const { random } = this.options;
        const api = new ApiGateway({ restApiId, resources, usagePlans, random, ...this.behindApi(restApiId) });
        this.restApis.set(restApiId, api);
        return { url: urlOf(restApiId), stages: api.stages };
      },
      putV2: (apiId, resources) => this.apisV2.create(urlOf(apiId), { apiId, resources, ...this.behindApi(apiId) }),
      remove: (apiId) => {
        this.restApis.delete(apiId);
        this.apisV2.remove(apiId);
      },
    };
  }

  /** What an API of any kind asks and calls. */
  private behindApi(apiId: string) {
    return {
      place: this.place,
      access: this.iam,
      clock: this.options.clock,
      log: this.options.log,
      tell: this.traffic.tell,
      // The client signed the whole path, of which the API sees the part behind its own id.
      authenticate: (request: HttpRequest): Caller => {
        const path = `${EXECUTE_API}/${apiId}${request.path}`;
        const { caller, service } = this.authentication.ofRequest({ ...request, path });
        if (service === "execute-api") return caller;
        const message = `Credential should be scoped to correct service: 'execute-api', got: ${service}`;
        throw new AwsError("SignatureDoesNotMatch", message, 403);
      },
      assume: (roleArn: string): Caller => this.iam.callerAs(roleArn, "apigateway.amazonaws.com"),
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
}
