import type { Construct } from "constructs";
import { PropError } from "../terraform/props";
import { requireVariables } from "./limits";

/** A version that takes part of a stage's requests, chosen at random, each by itself. */
export interface Canary {
  /** Name of the version. */
  readonly version: string;
  /** Percent of the requests, 0–100. */
  readonly percentTraffic: number;
  /**
   * Variables that requests to the canary have besides the stage's, or in place of them.
   * @default - those of the stage
   */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * Whether the canary's answers are cached, too. Each version has its own.
   * @default false
   */
  readonly useStageCache?: boolean;
}

/**
 * Which versions of the API a stage serves. A version is a copy of the API as it is when the version's name is first applied; it stays as it
 * is, whatever changes afterwards, for as long as the name stands in a release of any stage. docs/stages.md has the steps.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
 */
export interface Release {
  /** Name of the version that requests go to: 1–32 letters, digits, `-` and `_`. */
  readonly stable: string;
  /** @default - every request goes to the stable version */
  readonly canary?: Canary;
  /**
   * Names of versions that are kept without being served, to go back to.
   * @default - none
   */
  readonly retained?: readonly string[];
}

/** The names in a release, each once. */
export const versionsOf = ({ stable, canary, retained = [] }: Release): readonly string[] => [
  ...new Set([stable, ...(canary ? [canary.version] : []), ...retained]),
];

/** @throws PropError */
export function requireRelease(construct: Construct, release: Release): void {
  const { stable, canary, retained = [] } = release;
  const named: readonly (readonly [prop: string, version: string])[] = [
    ["release.stable", stable],
    ...(canary ? [["release.canary.version", canary.version] as const] : []),
    ...retained.map((version) => ["release.retained", version] as const),
  ];
  for (const [prop, version] of named) {
    if (!/^[\w-]{1,32}$/.test(version)) {
      throw new PropError(construct, prop, "1–32 letters, digits, - and _", version);
    }
  }
  if (!canary) return;
  if (canary.version === stable) {
    throw new PropError(
      construct,
      "release.canary.version",
      "another version than the stable one",
      canary.version,
      "Without a canary every request goes to the stable version",
    );
  }
  if (!(canary.percentTraffic >= 0 && canary.percentTraffic <= 100)) {
    throw new PropError(construct, "release.canary.percentTraffic", "a number from 0 to 100", canary.percentTraffic);
  }
  requireVariables(construct, "release.canary.variables", canary.variables ?? {});
}
