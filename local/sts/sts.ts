import { AwsError, type Caller, type WireRequest, type WireResponse } from "../aws";
import type { Iam } from "../iam/iam";
import { requireModelled } from "../protocol/batch";
import { type FormTree, readForm, type XmlStyle, xmlError, xmlResult } from "../protocol/query-protocol";

type Parameters = Readonly<Record<string, string | FormTree | undefined>>;
type Result = Record<string, unknown>;

const VERSION = "2011-06-15";
const xmlStyle: XmlStyle = {
  namespace: `https://sts.amazonaws.com/doc/${VERSION}/`,
  flat: {},
  entry: ["key", "value"],
};

/** Operations of STS that somebody may well call and that are not modelled. */
const otherOperations = new Set([
  ...["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "DecodeAuthorizationMessage"],
  ...["GetAccessKeyInfo", "GetFederationToken", "GetSessionToken", "GetDelegatedAccessToken", "GetWebIdentityToken"],
]);

interface TextRule {
  readonly min: number;
  readonly max: number;
  readonly pattern: RegExp;
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const rules = {
  RoleArn: {
    min: 20,
    max: 2048,
    pattern: /^[\t\n\r\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u,
  },
  RoleSessionName: { min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ },
  Policy: { min: 1, max: 2048, pattern: /^[\t\n\r\u0020-\u00FF]+$/ },
  ExternalId: { min: 2, max: 1224, pattern: /^[\w+=,.@:\\/-]*$/ },
} satisfies Record<string, TextRule>;

const MIN_DURATION = 900;
const MAX_DURATION = 43_200;
const DEFAULT_DURATION = 3600;

/** `roleSessionName` for `RoleSessionName`, as the messages have it. */
const memberName = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const invalid = (name: string, value: string, constraint: string): AwsError =>
  new AwsError(
    "ValidationError",
    `1 validation error detected: Value '${value}' at '${memberName(name)}' failed to satisfy constraint: Member must ${constraint}`,
  );

/** @throws AwsError `ValidationError` (400) */
function optionalText(input: Parameters, name: keyof typeof rules): string | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  const { min, max, pattern } = rules[name];
  const text = typeof value === "string" ? value : "";
  if (text.length < min) throw invalid(name, text, `have length greater than or equal to ${min}`);
  if (text.length > max) throw invalid(name, text, `have length less than or equal to ${max}`);
  if (!pattern.test(text))
    throw invalid(name, text, `satisfy regular expression pattern: ${pattern.source.slice(1, -1)}`);
  return text;
}

function requiredText(input: Parameters, name: keyof typeof rules): string {
  const value = optionalText(input, name);
  if (value !== undefined) return value;
  const sentence = `1 validation error detected: Value null at '${memberName(name)}' failed to satisfy constraint: Member must not be null`;
  throw new AwsError("ValidationError", sentence);
}

/** Seconds. @throws AwsError `ValidationError` (400) */
function durationOf({ DurationSeconds: given = String(DEFAULT_DURATION) }: Parameters): number {
  const text = String(given);
  const seconds = Number(text);
  if (!/^-?\d+$/.test(text)) throw new AwsError("MalformedInput", `DurationSeconds must be a number, got: ${text}`);
  if (seconds < MIN_DURATION) {
    throw invalid("DurationSeconds", text, `have value greater than or equal to ${MIN_DURATION}`);
  }
  if (seconds > MAX_DURATION) {
    throw invalid("DurationSeconds", text, `have value less than or equal to ${MAX_DURATION}`);
  }
  return seconds;
}

/** A time as STS writes it, to the second. */
const timeText = (time: number): string => new Date(time).toISOString().replace(/\.\d{3}/, "");

/**
 * AWS STS: roles assumed by calls, and who calls.
 *
 * Sessions end by the clock, at the second that `Expiration` names. Tags, source identities, MFA and managed session policies are not modelled.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export class Sts {
  private readonly iam: Iam;

  constructor({ iam }: { readonly iam: Iam }) {
    this.iam = iam;
  }

  /** One call, in the Query protocol that every SDK speaks. */
  async handle(caller: Caller, { body }: WireRequest): Promise<WireResponse> {
    const { Action, Version, ...input } = readForm(body);
    const operation = String(Action ?? "");
    try {
      return xmlResult(operation, this.call(caller, operation, String(Version ?? ""), input), xmlStyle);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return xmlError(error, error.code === "AccessDeniedException" ? "AccessDenied" : error.code, xmlStyle);
    }
  }

  private call(caller: Caller, operation: string, version: string, input: Parameters): Result {
    if (version === VERSION && operation === "AssumeRole") return this.assumeRole(caller, input);
    if (version === VERSION && operation === "GetCallerIdentity") return callerIdentity(caller, input);
    if (otherOperations.has(operation)) {
      const sentence = `${operation} is not modelled by the local run. It knows AssumeRole and GetCallerIdentity.`;
      throw new AwsError("UnsupportedOperation", sentence);
    }
    throw new AwsError("InvalidAction", `Could not find operation ${operation} for version ${version}`);
  }

  private assumeRole(caller: Caller, input: Parameters): Result {
    requireModelled("AssumeRole", input, [...Object.keys(rules), "DurationSeconds"]);
    const request = {
      roleArn: requiredText(input, "RoleArn"),
      sessionName: requiredText(input, "RoleSessionName"),
      durationSeconds: durationOf(input),
      policy: optionalText(input, "Policy"),
      externalId: optionalText(input, "ExternalId"),
    };
    if (!/^arn:[^:]+:iam::\d{12}:role\/./.test(request.roleArn)) {
      throw new AwsError("ValidationError", `${request.roleArn} is invalid`);
    }
    const session = this.iam.assumeAs(caller, request);
    const { accessKeyId, secretAccessKey, sessionToken } = session.credentials;
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: timeText(session.expiration),
      },
      AssumedRoleUser: { AssumedRoleId: session.caller.userId, Arn: session.caller.sessionArn },
    };
  }
}

/** Nobody needs a grant to ask who they are, and no policy can keep it from them. */
function callerIdentity({ principalArn, sessionArn, userId, accountId }: Caller, input: Parameters): Result {
  requireModelled("GetCallerIdentity", input, []);
  return { UserId: userId ?? principalArn, Account: accountId, Arn: sessionArn ?? principalArn };
}
