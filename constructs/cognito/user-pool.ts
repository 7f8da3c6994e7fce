import { CognitoResourceServer } from "@cdktf/provider-aws/lib/cognito-resource-server";
import { CognitoUserPool } from "@cdktf/provider-aws/lib/cognito-user-pool";
import { CognitoUserPoolDomain } from "@cdktf/provider-aws/lib/cognito-user-pool-domain";
import { Construct, type IConstruct } from "constructs";
import { PropError, requireMatch } from "../terraform/props";

/** A pool whose tokens an API takes. */
export interface UserPoolReference extends IConstruct {
  readonly userPoolArn: string;
  readonly userPoolId: string;
  /** `iss` of the pool's tokens; its keys are at `<issuer>/.well-known/jwks.json`. */
  readonly issuer: string;
}

export interface UserPoolProps {
  /** Name: 1–128 letters, digits, spaces and `+=,.@-_`. */
  readonly userPoolName: string;
  /**
   * Whether anybody may make an account. Else only whoever may call `AdminCreateUser` makes them.
   * @default false
   */
  readonly isSelfSignUpAllowed?: boolean;
  /**
   * Whether users sign in with a code of an authenticator app besides their password: each as they choose, all, or nobody.
   * @default "OPTIONAL"
   */
  readonly mfaConfiguration?: "OPTIONAL" | "ON" | "OFF";
  /**
   * Whether AWS refuses to delete the pool, also when Terraform asks. Users cannot be restored.
   * @default true
   */
  readonly isDeletionProtected?: boolean;
  /**
   * First part of the host that the pool's sign-in pages and OAuth endpoints are at, unique in the Region: 1–63 lower-case letters,
   * digits and `-`, without the words `aws`, `amazon` and `cognito`. Scopes of a resource server are only in tokens that come from there.
   * @default - no pages and no endpoints
   */
  readonly domainPrefix?: string;
  /**
   * An API, as far as tokens name it, with what they may let their bearer do there.
   * @default - none: tokens tell who somebody is and nothing else
   */
  readonly resourceServer?: ResourceServer;
}

export interface ResourceServer {
  /** What scopes begin with: 1–256 visible ASCII characters without `"` and `\`. */
  readonly identifier: string;
  /**
   * Description of each scope by its name: 1–100 names of visible ASCII characters without `"`, `\` and `/`; descriptions of 1–256
   * characters.
   */
  readonly scopes: Readonly<Record<string, string>>;
}

/** @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ResourceServerScopeType.html */
const SCOPE_NAME = /^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$/;

/**
 * A directory of users, who sign in with their e-mail address. Passwords have 12 characters of all four kinds; those that are forgotten
 * are reset by e-mail.
 *
 * Cognito sends 50 messages a day by itself. How users sign in cannot be changed later: Terraform would replace the pool, users and all.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools.html
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
 */
export class UserPool extends Construct implements UserPoolReference {
  readonly userPoolArn: string;
  readonly userPoolId: string;
  readonly issuer: string;
  /** Whether tokens with scopes can be had. */
  readonly hasDomain: boolean;
  private readonly scopes: ReadonlyMap<string, string>;

  /**
   * A pool that exists, by its ARN: `arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI`.
   * @throws PropError where it is not the ARN of a pool, as text
   */
  static fromArn(scope: Construct, id: string, userPoolArn: string): UserPoolReference {
    return new ExistingUserPool(scope, id, userPoolArn);
  }

  constructor(scope: Construct, id: string, props: UserPoolProps) {
    super(scope, id);
    const { userPoolName, domainPrefix, resourceServer } = props;
    const nameRule = "1–128 letters, digits, spaces and +=,.@-_";
    requireMatch(this, "userPoolName", userPoolName, /^[\w\s+=,.@-]{1,128}$/, nameRule);
    requireMatch(
      this,
      "domainPrefix",
      domainPrefix,
      /^(?!.*(aws|amazon|cognito))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      "1–63 lower-case letters, digits and -, not first or last, without the words aws, amazon and cognito",
    );

    const mfaConfiguration = props.mfaConfiguration ?? "OPTIONAL";
    const pool = new CognitoUserPool(this, "Resource", {
      name: userPoolName,
      deletionProtection: (props.isDeletionProtected ?? true) ? "ACTIVE" : "INACTIVE",
      usernameAttributes: ["email"],
      usernameConfiguration: { caseSensitive: false },
      autoVerifiedAttributes: ["email"],
      // Else who changes the address has none that works until the new one is confirmed.
      userAttributeUpdateSettings: { attributesRequireVerificationBeforeUpdate: ["email"] },
      accountRecoverySetting: { recoveryMechanism: [{ name: "verified_email", priority: 1 }] },
      adminCreateUserConfig: { allowAdminCreateUserOnly: !props.isSelfSignUpAllowed },
      mfaConfiguration,
      softwareTokenMfaConfiguration: mfaConfiguration === "OFF" ? undefined : { enabled: true },
      passwordPolicy: {
        minimumLength: 12,
        requireLowercase: true,
        requireNumbers: true,
        requireSymbols: true,
        requireUppercase: true,
        temporaryPasswordValidityDays: 3,
      },
    });
    this.userPoolArn = pool.arn;
    this.userPoolId = pool.id;
    this.issuer = `https://${pool.endpoint}`;
    this.hasDomain = domainPrefix !== undefined;
    if (domainPrefix !== undefined)
      new CognitoUserPoolDomain(this, "Domain", { userPoolId: pool.id, domain: domainPrefix });
    this.scopes = resourceServer ? this.addResourceServer(userPoolName, resourceServer) : new Map();
  }

  /**
   * A scope of the resource server, as tokens and methods have it: `orders/read` for `read`.
   * @throws PropError where there is none of the name
   */
  scope(name: string): string {
    const scope = this.scopes.get(name);
    if (scope) return scope;
    const known = [...this.scopes.keys()].join(", ") || "none";
    throw new PropError(this, "scope", `one of resourceServer.scopes, which are: ${known}`, name);
  }

  private addResourceServer(name: string, { identifier, scopes }: ResourceServer): ReadonlyMap<string, string> {
    const visible = /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/;
    const rule = '1–256 visible ASCII characters without " and \\';
    requireMatch(this, "resourceServer.identifier", identifier, visible, rule);
    const entries = Object.entries(scopes);
    if (entries.length < 1 || entries.length > 100)
      throw new PropError(this, "resourceServer.scopes", "1–100 scopes", entries.length);
    for (const [scopeName, description] of entries) {
      requireMatch(this, "resourceServer.scopes", scopeName, SCOPE_NAME, `named with ${rule} and /`);
      const describes = "described in 1–256 characters";
      requireMatch(this, `resourceServer.scopes.${scopeName}`, description, /^.{1,256}$/su, describes);
    }
    const server = new CognitoResourceServer(this, "ResourceServer", {
      userPoolId: this.userPoolId,
      identifier,
      name,
      scope: entries.map(([scopeName, scopeDescription]) => ({ scopeName, scopeDescription })),
    });
    // By reference: what names a scope waits until there is one.
    return new Map(entries.map(([scopeName]) => [scopeName, `${server.identifier}/${scopeName}`]));
  }
}

class ExistingUserPool extends Construct implements UserPoolReference {
  readonly userPoolId: string;
  readonly issuer: string;

  constructor(
    scope: Construct,
    id: string,
    readonly userPoolArn: string,
  ) {
    super(scope, id);
    const arn = /^arn:(aws[\w-]*):cognito-idp:([a-z0-9-]+):\d{12}:userpool\/([\w-]+_[0-9A-Za-z]+)$/.exec(userPoolArn);
    const [, partition = "", region = "", userPoolId = ""] = arn ?? [];
    if (!arn || !userPoolId.startsWith(`${region}_`) || userPoolId.length > 55) {
      const rule =
        "the ARN of a user pool, such as arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI";
      throw new PropError(this, "userPoolArn", rule, userPoolArn);
    }
    this.userPoolId = userPoolId;
    const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    this.issuer = `https://cognito-idp.${region}.${suffix}/${userPoolId}`;
  }
}
