import { S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";

const roleArn = process.env.SIGNING_ROLE_ARN ?? "";
const bucketName = process.env.BUCKET_NAME;
const keyPrefix = process.env.KEY_PREFIX ?? "";
const sts = new STSClient({});

/** What a URL is signed for; its session may do nothing else. */
export type SignedAction = "s3:PutObject" | "s3:GetObject";

/** A session of the signing role, as a client of S3 that signs with it. */
export interface SigningSession {
  readonly s3: S3Client;
  /** When it ends, and every URL signed with it, in milliseconds. */
  readonly expiration: number;
}

/** Seconds that a session lives: at most an hour, because the function's role, itself a session, assumes it. */
const SESSION_SECONDS = 3600;

/**
 * Seconds by which a URL may be shorter than asked for. Without them, every URL for a whole hour would need a session of its own, since none
 * that was made before lives that long.
 */
const SLACK_SECONDS = 10;

/** The last session of each action, or the one that is being made: who comes meanwhile waits for the same. */
const sessions = new Map<SignedAction, Promise<SigningSession>>();

/**
 * A session that outlives a URL of so many seconds, kept between invocations.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export async function sessionFor(action: SignedAction, seconds: number, signal?: AbortSignal): Promise<SigningSession> {
  const enough = Math.min(seconds, SESSION_SECONDS - SLACK_SECONDS) * 1000;
  const kept = sessions.get(action);
  const isGood = kept && (await kept.then(livesFor(enough), () => false));
  // Who waited for the same session may have begun a new one by now.
  const current = sessions.get(action);
  if (current && (isGood || current !== kept)) return current;
  const made = assumeRole(action, signal);
  sessions.set(action, made);
  // One that failed is not kept, and the next request tries again.
  made.catch(() => sessions.delete(action));
  return made;
}

const livesFor =
  (milliseconds: number) =>
  ({ expiration }: SigningSession): boolean =>
    expiration - Date.now() >= milliseconds;

/**
 * Assumes the signing role, narrowed to one action on the objects under the prefix.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
async function assumeRole(action: SignedAction, abortSignal?: AbortSignal): Promise<SigningSession> {
  const [, partition] = roleArn.split(":");
  const statement = { Effect: "Allow", Action: action, Resource: `arn:${partition}:s3:::${bucketName}/${keyPrefix}*` };
  const { Credentials: credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: "generate-presigned-url",
      DurationSeconds: SESSION_SECONDS,
      Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    }),
    { abortSignal },
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !Expiration) throw new Error("STS gave no credentials for the signing role");
  return {
    s3: new S3Client({
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
      // Else the SDK signs the checksum of an empty body, and every upload that has one fails.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
    expiration: Expiration.getTime(),
  };
}
