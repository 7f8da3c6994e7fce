import type { PolicyStatement } from "../../policy/document";
import { type Predicate, predicateOf } from "./condition";
import type { Factor, Grant } from "./document";
import { Language, patternOf } from "./language";
import { anyText, FRESH, type Token, tokensOf } from "./pattern-text";
import { rangeOf } from "./typed-values";

const text = (value: string): readonly Token[] => tokensOf(value, { reach: "none", readsVariables: false });
const own: Token = { letters: [FRESH] };
const part: Token = { isStar: true, except: ":" };

/** What an outsider has and no policy names: an account, a VPC endpoint, an organization. */
const ownId = new Language([patternOf(anyText, own, anyText)]);

/** The same for what is prefixed by what others gave out: `AROA…:session`, `o-…/r-…/ou-…`. */
const ownPath = new Language([patternOf(own, anyText), patternOf(...text("o-"), own, anyText)]);

/** ARNs of an outsider's account, or, as a bucket's has none, with an outsider's name. */
const ownArn = new Language([
  ...[
    [{ except: "s:" }, part],
    [...text("s"), { except: "3:" }, part],
    [...text("s3"), { except: ":" }, part],
    text("s"),
  ].flatMap((service) => {
    const head = [...text("arn:"), part, ...text(":"), ...service, ...text(":"), part, ...text(":")];
    return [
      patternOf(...head, part, own, part, ...text(":"), anyText),
      patternOf(...head, ...text(":"), anyText, own, anyText),
    ];
  }),
  patternOf(...text("arn:"), part, ...text(":s3:"), part, ...text("::"), own, anyText),
]);

/**
 * The condition keys that tell who calls or from where, and what an outsider has there.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
const ownValues: ReadonlyMap<string, Language> = new Map([
  ["aws:sourceaccount", ownId],
  ["aws:sourceowner", ownId],
  ["aws:sourceorgid", ownId],
  ["aws:sourceorgpaths", ownPath],
  ["aws:sourcevpc", ownId],
  ["aws:sourcevpce", ownId],
  ["aws:sourcearn", ownArn],
  ["aws:principalaccount", ownId],
  ["aws:principalarn", ownArn],
  ["aws:principalorgid", ownId],
  ["aws:principalorgpaths", ownPath],
  ["aws:principalservicename", ownId],
  ["aws:userid", ownPath],
  ["kms:calleraccount", ownId],
  ["lambda:eventsourcetoken", ownId],
  ["s3:dataaccesspointaccount", ownId],
  ["s3:dataaccesspointarn", ownArn],
]);

/** IPv4 ranges from this length on are somebody's; shorter ones, as 0.0.0.0/0, hardly leave anybody out. */
const NARROW_IPV4_BITS = 8n;
const NARROW_IPV6_BITS = 32n;

function isNarrow(cidr: string): boolean {
  const range = rangeOf(cidr);
  if (!range) return true;
  const [bits, narrow] = cidr.includes(":") ? [128n, NARROW_IPV6_BITS] : [32n, NARROW_IPV4_BITS];
  return range[1] - range[0] < 2n ** (bits - narrow);
}

/** What an outsider's request has under a key; undefined for keys that tell nothing of who calls. */
function outsidersPredicate(key: string, grants: readonly Grant[]): Predicate | undefined {
  const conditions = grants
    .flatMap(({ statement }) => statement.conditions)
    .filter((condition) => condition.key.toLowerCase() === key);
  const isSet = conditions.some(({ operator }) => /^For(All|Any)/.test(operator));
  const quantifier = isSet ? "all" : "one";
  if (key === "aws:sourceip" || key === "aws:vpcsourceip") {
    const ranges = conditions.flatMap(({ operator, values }) =>
      operator.includes("IpAddress") ? values.filter(isNarrow) : [],
    );
    return { ...predicateOf({ operator: "NotIpAddress", key, values: ranges }, false), quantifier };
  }
  if (key === "aws:principalisawsservice") {
    return predicateOf({ operator: "BoolIfExists", key, values: ["false"] }, false);
  }
  const language = ownValues.get(key);
  return (
    language && {
      identity: `${key} an outsider's`,
      key,
      quantifier,
      isNegated: false,
      whenMissing: true,
      values: { family: "text", language },
      isVague: false,
    }
  );
}

/** What sets an outsider's requests apart, in view of all keys that some statements ask for: whoever it is, nothing names them. */
export function outsidersFactors(grants: readonly Grant[]): readonly Factor[] {
  const keys = new Set(
    grants.flatMap(({ factors }) =>
      factors.flatMap((factor) => (factor.dimension === "key" ? factor.predicate.key : [])),
    ),
  );
  const predicates = [...keys].flatMap((key) => outsidersPredicate(key, grants) ?? []);
  return [
    { dimension: "principal", identity: "an outsider", language: new Language([patternOf(own)]), isNegated: false },
    ...predicates.map((predicate): Factor => ({ dimension: "key", identity: predicate.identity, predicate })),
  ];
}

/** A statement in whose conditions what is unknown until apply counts as one certain value. */
export const withCertainValues = (statement: PolicyStatement): PolicyStatement => ({
  ...statement,
  conditions: statement.conditions.map((condition) => ({
    ...condition,
    values: condition.values.map((value) => value.replace(/\$\{([^}]*)\}/g, "<$1>")),
  })),
});
