import type { PolicyUse } from "../policy-attributes";
import { reaches } from "./access";
import { predicateOf } from "./condition";
import { type Factor, type Grant, grantsOf, type PolicyText } from "./document";
import { type EscalationPath, escalationPaths } from "./escalation-paths";
import { Language, languageOf, type Pattern, patternOf } from "./language";
import { FRESH, type Token } from "./pattern-text";
import { remembered } from "./remembered";
import { Budget } from "./text-search";

const STEPS = 2_000_000;

const own: Token = { letters: [FRESH] };
const letters = (text: string): readonly Token[] => [...text].map((letter) => ({ letters: [letter] }));

function factorOf(dimension: "action" | "resource", language: Language): Factor {
  return { dimension, identity: `${dimension} of a path ${language.identity}`, language, isNegated: false };
}

const action = (name: string): Factor =>
  factorOf("action", languageOf([name.toLowerCase()], { reach: "text", readsVariables: false }));

const colon = letters(":");
const part: Token = { isStar: true, except: ":" };
const arn = (service: Token, ...rest: readonly Token[]): Pattern =>
  patternOf(...letters("arn:"), part, ...colon, service, ...colon, part, ...colon, part, ...colon, ...rest);

/** Things of any service. */
const everything = factorOf("resource", new Language([patternOf(own), arn(own, own)]));

/** Things of any name: what a policy reaches that says their kind and account at most. */
const anything = factorOf(
  "resource",
  new Language([
    patternOf(own),
    arn(part, own),
    ...[":", "/"].map((separator) => arn(part, { isStar: true, except: ":/" }, ...letters(separator), own)),
  ]),
);

/** A user's own things, as in `user/${aws:username}`, are no way to those of others. */
const isOwn = ({ statement: { readsVariables, resources } }: Grant): boolean =>
  readsVariables &&
  resources.length > 0 &&
  resources.every((resource) => /\$\{aws:(username|userid)\}$/i.test(resource));

const isAllow = ({ statement }: Grant): boolean => statement.effect === "Allow";

/** What one of a way's requests is. */
type Step = readonly Factor[];

/** Whether a step is allowed; and, beside a policy of before, whether more of it is allowed than there. */
class Steps {
  private readonly budget = new Budget(STEPS);
  private readonly allows: readonly Grant[];
  private readonly denies: readonly (readonly Factor[])[];
  private readonly formerAllows: readonly (readonly Factor[])[];
  private readonly formerDenies: readonly (readonly Factor[])[];

  constructor(grants: readonly Grant[], formerly: readonly Grant[]) {
    this.allows = grants.filter((grant) => isAllow(grant) && !isOwn(grant));
    const deniesOf = (those: readonly Grant[]): readonly (readonly Factor[])[] =>
      those.filter((grant) => !isAllow(grant)).map(({ factors }) => factors);
    this.denies = deniesOf(grants);
    this.formerAllows = formerly.filter(isAllow).map(({ factors }) => factors);
    this.formerDenies = deniesOf(formerly);
  }

  areAllowed(steps: readonly Step[]): boolean {
    return steps.every((step) => this.someReach(step, this.denies));
  }

  /** Whether some step is allowed where it was not, or was denied. */
  areNew(steps: readonly Step[]): boolean {
    return steps.some(
      (step) =>
        this.someReach(step, [...this.denies, ...this.formerAllows]) ||
        this.formerDenies.some((denied) => this.someReach([...step, ...denied], this.denies)),
    );
  }

  private someReach(step: Step, targets: readonly (readonly Factor[])[]): boolean {
    // What may be one thing or another is not anything.
    const isSure = step.includes(anything) || step.includes(everything);
    return this.allows.some(({ factors }) => {
      const answer = reaches([...step, ...factors], targets, this.budget);
      return answer === true || (answer === "unknown" && !isSure);
    });
  }
}

function stepsOf({ actions, passedTo, onlyOnAnything }: EscalationPath): readonly Step[] {
  return actions.map((name) => {
    if (onlyOnAnything) return [action(name), anything];
    if (name !== "iam:PassRole" || !passedTo) return [action(name)];
    const predicate = predicateOf({ operator: "StringEquals", key: "iam:PassedToService", values: [passedTo] }, false);
    return [action(name), { dimension: "key", identity: predicate.identity, predicate }];
  });
}

const nameOf = ({ actions, onlyOnAnything }: EscalationPath): string =>
  `${actions.join(" + ")}${onlyOnAnything ? " on *" : ""}`;

interface Way {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly services: readonly string[];
}

const serviceOf = remembered((name) => name.split(":")[0]?.toLowerCase() ?? "");

/** Any action of a service, or of any service. */
const anyAction = (...service: readonly Token[]): Factor =>
  factorOf("action", new Language([patternOf(...service, ...letters(":"), own)]));

const administrator: Way = { name: "*:*", steps: [[anyAction(own), everything]], services: ["*"] };

const ways: readonly Way[] = [
  { name: "iam:*", steps: [[anyAction(...letters("iam")), anything]], services: ["iam"] },
  ...escalationPaths.map((path) => ({
    name: nameOf(path),
    steps: stepsOf(path),
    services: path.actions.map(serviceOf),
  })),
];

/** All services that some way begins at. */
const known = [...new Set(ways.flatMap(({ services: [first] }) => first ?? []))];

/** Services of which a policy allows something; `*` where it may be any. */
function servicesOf(grants: readonly Grant[]): ReadonlySet<string> {
  const services = new Set<string>();
  for (const { statement } of grants) {
    if (statement.effect !== "Allow") continue;
    if (statement.notActions.length > 0) services.add("*");
    // As a rule, a statement's actions are of one service.
    let last = ":";
    for (const action of statement.actions) {
      if (action.startsWith(last)) continue;
      const service = serviceOf(action);
      services.add(service);
      last = `${service}:`;
    }
  }
  for (const service of services) if (/[*?$]/.test(service)) services.add("*");
  return services;
}

/**
 * The known ways to administrator's rights that a policy of an identity opens and, where `before` is given, did not open or opens
 * further: `*:*`, `iam:*`, `iam:PutRolePolicy`, `iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction`. What `*:*` holds is not listed beside it.
 *
 * Conditions are taken to be met; a Deny closes a way. Other policies of the same identity, which may open the rest of a way, are not seen.
 *
 * @returns nothing for other uses, and for what is no policy
 */
export function escalations(policy: PolicyText, use: PolicyUse, before: PolicyText | null = null): readonly string[] {
  if (use !== "identity") return [];
  const grants = readable(policy, use);
  const services = servicesOf(grants);
  if (!services.has("*") && !known.some((service) => services.has(service))) return [];
  const open = ways.filter((way) => services.has("*") || way.services.every((service) => services.has(service)));
  if (open.length === 0) return [];
  const formerly = before === null ? [] : readable(before, use);
  const [now, then] = [new Steps(grants, formerly), new Steps(formerly, [])];
  const isOpened = ({ steps }: Way): boolean => now.areAllowed(steps) && (!then.areAllowed(steps) || now.areNew(steps));
  if (services.has("*") && isOpened(administrator)) return [administrator.name];
  return open.filter(isOpened).map(({ name }) => name);
}

function readable(policy: PolicyText, use: PolicyUse): readonly Grant[] {
  try {
    return grantsOf(policy, use);
  } catch {
    return [];
  }
}
