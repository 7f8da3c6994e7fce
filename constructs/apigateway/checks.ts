import type { AuthorizerDefinition, RouteDefinition } from "./definition";
import type { CallingIntegration, Integration } from "./integration";
import type { ResourcePolicy } from "./resource-policy";
import type { Stage } from "./stage";
import type { UsagePlan } from "./usage-plan";

/** What is known of an API once all of it is. */
export interface WholeApi {
  readonly routes: readonly RouteDefinition[];
  readonly stages: readonly Stage[];
  readonly usagePlans: readonly UsagePlan[];
  readonly apiKeySource: "HEADER" | "AUTHORIZER";
  readonly policy?: ResourcePolicy;
}

const nameOf = ({ httpMethod, path }: RouteDefinition): string => `${httpMethod} ${path}`;

/** A sentence for each thing that can only be seen to be wrong when the API is whole. */
export const findings = (api: WholeApi): readonly string[] => [
  ...keyFindings(api),
  ...planFindings(api),
  ...variableFindings(api.routes.flatMap(usesOf), api.stages),
  ...policyFindings(api),
];

/** A method that requires a key nobody can have answers everybody with 403. */
function keyFindings({ routes, stages, usagePlans, apiKeySource }: WholeApi): readonly string[] {
  const keyed = routes.filter(({ isApiKeyRequired }) => isApiKeyRequired);
  const planless = stages.filter((stage) => !usagePlans.some((plan) => plan.stage === stage));
  const mute = keyed.filter(({ authorization }) => {
    const type = typeof authorization === "string" ? authorization : authorization.authorizer.type;
    return type !== "TOKEN" && type !== "REQUEST";
  });
  return [
    ...(keyed.length > 0
      ? planless.map(
          ({ stageName }) =>
            `usage plans must be there for every stage, since ${keyed.map(nameOf).join(", ")} requires a key, got: none for ${stageName}. ` +
            "Add a UsagePlan for it, or nobody can call the method",
        )
      : []),
    ...(apiKeySource === "AUTHORIZER"
      ? mute.map(
          (route) =>
            `authorization of ${nameOf(route)} must be a TOKEN or REQUEST authorizer, since apiKeySource is AUTHORIZER, got: ${
              typeof route.authorization === "string" ? route.authorization : route.authorization.authorizer.type
            }. No other hands over a key`,
        )
      : []),
  ];
}

/** What a plan bounds, and which keys are in which plan. */
function planFindings({ routes, usagePlans }: WholeApi): readonly string[] {
  const keyed = routes.filter(({ isApiKeyRequired }) => isApiKeyRequired).map(nameOf);
  const planOfKey = new Map<string, UsagePlan>();
  return usagePlans.flatMap((plan) => {
    const unbounded = plan.boundRoutes.filter((route) => !keyed.includes(route));
    const shared = plan.keys.flatMap((key) => {
      const other = planOfKey.get(`${plan.stage.stageName} ${key}`);
      planOfKey.set(`${plan.stage.stageName} ${key}`, plan);
      return other ? [{ key, other }] : [];
    });
    return [
      ...unbounded.map(
        (route) =>
          `methodThrottles of the plan ${plan.usagePlanName} must be for routes that require a key: ${keyed.join(", ") || "none"}, got: ${route}`,
      ),
      ...shared.map(
        ({ key, other }) =>
          `keys of the plan ${plan.usagePlanName} must differ from those of ${other.usagePlanName}, which is for the same stage, got: ${key}. ` +
          "A key can be in one plan of a stage",
      ),
    ];
  });
}

/** A stage, as far as its variables go. */
export interface StageVariables extends Pick<Stage, "stageName" | "variables" | "canaryVariables"> {}

/** A stage variable that is not set stands as nothing in a URI, and the call fails with 500. */
export function variableFindings(uses: readonly VariableUse[], stages: readonly StageVariables[]): readonly string[] {
  return stages.flatMap(({ stageName, variables, canaryVariables }) => {
    const sets: [string, Stage["variables"]][] = [[`the stage ${stageName}`, variables]];
    if (canaryVariables !== variables) sets.push([`the canary of the stage ${stageName}`, canaryVariables]);
    return sets.flatMap(([of, set]) => {
      const wrong = uses.filter(({ name, values }) => {
        const value = set[name];
        return value === undefined || (values !== undefined && !values.includes(value));
      });
      // The first route that uses a variable stands for all that do.
      const firsts = wrong.filter((use, at) => wrong.findIndex(({ name }) => name === use.name) === at);
      return firsts.map((use) => wrongVariable(of, set, use));
    });
  });
}

function wrongVariable(of: string, set: Stage["variables"], { name, values, route }: VariableUse): string {
  const value = set[name];
  return value === undefined
    ? `variables of ${of} must set ${name}, which ${route} uses, got: ${Object.keys(set).join(", ") || "none"}`
    : `variables.${name} of ${of} must be ${values?.join(" or ")}, which ${route} leads to, got: "${value}"`;
}

/** A route that needs a stage variable. */
export interface VariableUse {
  /** As `GET /orders`. */
  readonly route: string;
  readonly name: string;
  /** @default - any value will do */
  readonly values?: readonly string[];
}

function usesOf(route: RouteDefinition): readonly VariableUse[] {
  const { integration, authorization } = route;
  const sources = typeof authorization === "string" ? [] : sourcesOf(authorization.authorizer);
  const texts = [...textsOf(integration), ...sources];
  return variableUses(nameOf(route), texts, integration.type === "MOCK" ? undefined : integration.variableValues);
}

/** The stage variables that a route's texts are made with. */
export function variableUses(
  route: string,
  texts: readonly string[],
  values: CallingIntegration["variableValues"],
): readonly VariableUse[] {
  const names = texts.flatMap((text) => [...text.matchAll(/\bstageVariables\.(\w+)\b(?!\()/g)].map(([, name]) => name));
  return [...new Set(names)].map((name) => ({ route, name: name as string, values: values?.[name as string] }));
}

const sourcesOf = (authorizer: AuthorizerDefinition): readonly string[] =>
  authorizer.type === "REQUEST" ? authorizer.identitySources : [];

/** Where an integration can use a stage variable. */
function textsOf(integration: Integration): readonly string[] {
  switch (integration.type) {
    case "AWS":
      return [
        integration.uri,
        integration.credentialsArn,
        integration.requestTemplate,
        ...Object.values(integration.requestParameters),
        ...integration.responses.map(({ template }) => template),
      ];
    case "AWS_PROXY":
      return [integration.uri, integration.credentialsArn];
    case "MOCK":
      return [integration.response.template];
  }
}

/** Only a signature tells whose a request is: a policy that lets in nobody but principals refuses whoever calls unsigned. */
function policyFindings({ routes, policy }: WholeApi): readonly string[] {
  const { allow = [] } = policy ?? {};
  const unsigned = routes.filter(({ authorization }) => authorization !== "AWS_IAM").map(nameOf);
  if (unsigned.length === 0 || allow.length === 0 || !allow.every((source) => "principals" in source)) return [];
  return [
    `policy.allow must have a source besides principals for methods that are called unsigned, got: ${unsigned.join(", ")}. ` +
      "Only a signed request tells whose it is, so everybody would be refused there, browsers' preflights too",
  ];
}
