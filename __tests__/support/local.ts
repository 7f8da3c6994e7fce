import type { Access, AccessRequest, Caller, Place } from "../../local/aws";

export { SkippingClock } from "../../benchmarks/soak-clock";
export { systemClock as clock } from "../../local/aws";

export const place: Place = { partition: "aws", region: "eu-west-1", accountId: "123456789012" };

export const someone: Caller = { principalArn: "arn:aws:iam::123456789012:role/someone", accountId: place.accountId };

/** Lets everybody do everything, and keeps what was asked; `refuse` may throw in its place. */
export function openAccess(refuse?: (request: AccessRequest) => void): Access & { readonly asked: AccessRequest[] } {
  const asked: AccessRequest[] = [];
  return {
    asked,
    authorize: (request) => {
      asked.push(request);
      refuse?.(request);
    },
  };
}

export const silent = (): void => undefined;
