import { randomUUID } from "node:crypto";
import type { Resource } from "../../terraform/config";
import { type Access, AwsError, type Caller, type Place, type WireRequest, type WireResponse } from "../aws";
import type { AsyncInvocations } from "./async-invocations";
import { functionConfiguration, mappingConfiguration } from "./function-configuration";
import { splitArn } from "./function-versions";
import type { Lambda } from "./lambda";

/** A call in a protocol that puts its input into the path. */
export interface RestRequest extends WireRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

interface LambdaCall {
  readonly caller: Caller;
  readonly request: RestRequest;
  readonly query: URLSearchParams;
  /** What stands in the path for a function or a mapping. */
  readonly named: string;
}

interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  readonly parameters?: readonly string[];
  readonly run: (call: LambdaCall) => WireResponse | Promise<WireResponse>;
}

/** Of the log that an invocation brings with it, where that is asked for. */
const LOG_TAIL_BYTES = 4_096;
const MAX_ITEMS = 50;

const FUNCTIONS = "^/2015-03-31/functions";
const MAPPINGS = "^/2015-03-31/event-source-mappings";

/**
 * Lambda as the SDKs and the AWS CLI call it: invocations, and what the stacks say of functions and mappings.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
 */
export class LambdaApi {
  private readonly operations: readonly Operation[] = [
    {
      name: "Invoke",
      method: "POST",
      path: new RegExp(`${FUNCTIONS}/([^/]+)/invocations$`),
      parameters: ["Qualifier"],
      run: (call) => this.invoke(call),
    },
    {
      name: "ListFunctions",
      method: "GET",
      path: new RegExp(`${FUNCTIONS}/?$`),
      parameters: ["MaxItems", "Marker"],
      run: (call) => this.listFunctions(call),
    },
    {
      name: "GetFunction",
      method: "GET",
      path: new RegExp(`${FUNCTIONS}/([^/]+)$`),
      parameters: ["Qualifier"],
      run: (call) => {
        const Configuration = this.configurationFor("GetFunction", call);
        return answer(200, { Configuration, Tags: this.resourceOf(call).attributes.tags ?? {} });
      },
    },
    {
      name: "GetFunctionConfiguration",
      method: "GET",
      path: new RegExp(`${FUNCTIONS}/([^/]+)/configuration$`),
      parameters: ["Qualifier"],
      run: (call) => answer(200, this.configurationFor("GetFunctionConfiguration", call)),
    },
    {
      name: "GetPolicy",
      method: "GET",
      path: new RegExp(`${FUNCTIONS}/([^/]+)/policy$`),
      parameters: ["Qualifier"],
      run: (call) => this.getPolicy(call),
    },
    {
      name: "ListEventSourceMappings",
      method: "GET",
      path: new RegExp(`${MAPPINGS}/?$`),
      parameters: ["FunctionName", "EventSourceArn", "MaxItems", "Marker"],
      run: (call) => this.listMappings(call),
    },
    {
      name: "GetEventSourceMapping",
      method: "GET",
      path: new RegExp(`${MAPPINGS}/([^/]+)$`),
      run: (call) => this.getMapping(call),
    },
  ];

  constructor(
    private readonly options: {
      readonly place: Place;
      readonly access: Access;
      readonly lambda: Pick<Lambda, "arnOf" | "has" | "invoke" | "logLinesOf" | "policyOf">;
      readonly asyncInvocations: Pick<AsyncInvocations, "enqueue">;
      /** Evaluated resources of the stacks that run. */
      readonly resources: () => readonly Resource[];
    },
  ) {}

  async handle(caller: Caller, request: RestRequest): Promise<WireResponse> {
    try {
      const { pathname, searchParams: query } = new URL(request.path, "http://localhost");
      const [operation, named] = this.operationFor(request.method, pathname);
      const other = [...query.keys()].find((name) => !(operation.parameters ?? []).includes(name));
      if (other !== undefined) throw notModelled(`${other} of ${operation.name}`, operation.parameters ?? []);
      return await operation.run({ caller, request, query, named });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { code, message, status } = error;
      const type = status < 500 ? "User" : "Service";
      return answer(status, { Type: type, Message: message, message }, { "x-amzn-errortype": code });
    }
  }

  private operationFor(method: string, path: string): readonly [Operation, named: string] {
    for (const operation of this.operations) {
      const [found, named = ""] = operation.method === method ? (operation.path.exec(path) ?? []) : [];
      if (found !== undefined) return [operation, decodeURIComponent(named)];
    }
    throw notModelled(
      `${method} ${path}`,
      this.operations.map(({ name }) => name),
    );
  }

  private async invoke(call: LambdaCall): Promise<WireResponse> {
    const { lambda, asyncInvocations } = this.options;
    const { headers, body } = call.request;
    const functionArn = this.arnOf(call);
    this.authorize(call.caller, "InvokeFunction", functionArn, true);
    this.requireFunction(functionArn);
    if (headers["x-amz-client-context"] !== undefined) throw notModelled("ClientContext of Invoke", ["Payload"]);
    const event = eventIn(body);
    const kind = headers["x-amz-invocation-type"] ?? "RequestResponse";
    if (kind === "DryRun") return answer(204);
    if (kind === "Event") {
      asyncInvocations.enqueue(functionArn, event);
      return answer(202);
    }
    if (kind !== "RequestResponse") {
      const sentence = `InvocationType must be RequestResponse, Event or DryRun, got: ${kind}`;
      throw new AwsError("InvalidParameterValueException", sentence);
    }
    const result = await lambda.invoke(functionArn, event);
    const failed = "functionError" in result;
    const told = {
      "x-amz-executed-version": splitArn(functionArn).qualifier ?? "$LATEST",
      ...(failed && { "x-amz-function-error": "Unhandled" }),
      ...(headers["x-amz-log-type"] === "Tail" && { "x-amz-log-result": this.logTail(functionArn, result.requestId) }),
    };
    return answer(200, failed ? result.functionError : result.payload, told);
  }

  /** What the invocation wrote, its last 4 KB, in base64. */
  private logTail(functionArn: string, requestId: string): string {
    const [functionName = ""] = splitArn(functionArn).arn.split(":").slice(-1);
    const lines = this.options.lambda.logLinesOf(functionName).map(({ text }) => text);
    const start = lines.findIndex((line) => line.includes(requestId));
    const all = Buffer.from(lines.slice(Math.max(start, 0)).join("\n"));
    return all.subarray(-LOG_TAIL_BYTES).toString("base64");
  }

  private listFunctions({ caller, query }: LambdaCall): WireResponse {
    this.authorize(caller, "ListFunctions", "*");
    const functions = this.ofType("aws_lambda_function").map(({ attributes }) => functionConfiguration(attributes));
    const { items, NextMarker } = pageOf(functions, ({ FunctionName }) => FunctionName, query);
    return answer(200, { Functions: items, NextMarker });
  }

  private configurationFor(operation: string, call: LambdaCall) {
    const functionArn = this.arnOf(call);
    this.authorize(call.caller, operation, functionArn);
    this.requireFunction(functionArn);
    const configuration = functionConfiguration(this.resourceOf(call).attributes);
    return { ...configuration, FunctionArn: functionArn };
  }

  private getPolicy(call: LambdaCall): WireResponse {
    const functionArn = this.arnOf(call);
    this.authorize(call.caller, "GetPolicy", functionArn);
    this.requireFunction(functionArn);
    const policy = this.options.lambda.policyOf(functionArn);
    if ((JSON.parse(policy) as { Statement: readonly unknown[] }).Statement.length === 0) {
      throw new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404);
    }
    return answer(200, { Policy: policy });
  }

  private listMappings({ caller, query }: LambdaCall): WireResponse {
    this.authorize(caller, "ListEventSourceMappings", "*");
    const [functionName, source] = [query.get("FunctionName"), query.get("EventSourceArn")];
    const functionArn = functionName === null ? undefined : this.options.lambda.arnOf(functionName);
    const mappings = this.mappings().filter(
      ({ FunctionArn, EventSourceArn }) =>
        (functionArn === undefined || FunctionArn === functionArn) && (source === null || EventSourceArn === source),
    );
    const { items, NextMarker } = pageOf(mappings, ({ UUID }) => UUID, query);
    return answer(200, { EventSourceMappings: items, NextMarker });
  }

  private getMapping({ caller, named }: LambdaCall): WireResponse {
    const { partition, region, accountId } = this.options.place;
    const arn = `arn:${partition}:lambda:${region}:${accountId}:event-source-mapping:${named}`;
    this.authorize(caller, "GetEventSourceMapping", arn);
    const mapping = this.mappings().find(({ UUID }) => UUID === named);
    if (mapping) return answer(200, mapping);
    throw new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404);
  }

  private mappings() {
    const arnOf = (name: string): string => this.options.lambda.arnOf(name);
    return this.ofType("aws_lambda_event_source_mapping").map(({ attributes }) =>
      mappingConfiguration(attributes, arnOf(String(attributes.function_name))),
    );
  }

  /** The ARN of what the path names, by its name, by `name:alias`, or by its ARN. */
  private arnOf({ named, query }: LambdaCall): string {
    const [name = "", alias] = named.startsWith("arn:") ? [named] : named.split(":");
    return this.options.lambda.arnOf(name, query.get("Qualifier") ?? alias);
  }

  /** @throws AwsError `ResourceNotFoundException` (404) */
  private requireFunction(functionArn: string): void {
    if (this.options.lambda.has(functionArn)) return;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${functionArn}`, 404);
  }

  private resourceOf(call: LambdaCall): Resource {
    const { arn } = splitArn(this.arnOf(call));
    const resource = this.ofType("aws_lambda_function").find(({ attributes }) => attributes.arn === arn);
    if (resource) return resource;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${arn}`, 404);
  }

  private ofType(type: string): readonly Resource[] {
    return this.options.resources().filter((resource) => resource.type === type);
  }

  private authorize(caller: Caller, action: string, resource: string, byItsPolicy = false): void {
    const { access, lambda } = this.options;
    const resourcePolicy = byItsPolicy && lambda.has(resource) ? lambda.policyOf(resource) : undefined;
    access.authorize({ caller, action: `lambda:${action}`, resource, resourcePolicy });
  }
}

const notModelled = (what: string, known: readonly string[]): AwsError =>
  new AwsError("UnsupportedOperation", `${what} is not modelled by the local run. It knows ${known.join(", ")}.`, 501);

const answer = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): WireResponse => ({
  status,
  headers: { "content-type": "application/json", "x-amzn-requestid": randomUUID(), ...headers },
  body: body === undefined ? "" : JSON.stringify(body),
});

/** @throws AwsError `InvalidRequestContentException` (400) */
function eventIn(body: string): unknown {
  try {
    return JSON.parse(body || "{}");
  } catch {
    throw new AwsError("InvalidRequestContentException", "Could not parse request body into json");
  }
}

/** A page in the order of names, which mark where the next begins. */
function pageOf<Item>(
  all: readonly Item[],
  nameOf: (item: Item) => string,
  query: URLSearchParams,
): { readonly items: readonly Item[]; readonly NextMarker?: string } {
  const written = query.get("MaxItems") ?? String(MAX_ITEMS);
  if (!/^\d+$/.test(written) || Number(written) < 1) {
    throw new AwsError("InvalidParameterValueException", `MaxItems must be an integer above 0, got: ${written}`);
  }
  const after = query.get("Marker") ?? "";
  const following = all
    .filter((item) => nameOf(item) > after)
    .sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const items = following.slice(0, Math.min(Number(written), MAX_ITEMS));
  const last = items.at(-1);
  return { items, NextMarker: last && following.length > items.length ? nameOf(last) : undefined };
}
