import * as z from "zod/mini";
import type { Resource } from "../terraform/config";
import type { ChangingProvider } from "../terraform/state";
import { acceptedResources } from "./accepted-resources";
import { ApiParts, isRestPart, isV2Part } from "./api-parts";
import { AwsError } from "./aws";
import { requireUnprotected } from "./deletion-protection";
import { modelledArguments } from "./modelled-arguments";
import type { PendingDeletions } from "./pending-deletions";
import { accepting, readArguments } from "./resource-arguments";
import { ResourceIds } from "./resource-ids";
import { replacing, resourceTypes } from "./resources";
import type { Services } from "./services";
import { unenforced } from "./unenforced";

type Attributes = Readonly<Record<string, unknown>>;

/** Makes, changes and deletes the resources of one stack, each in the service that it belongs to. */
export class LocalProvider implements ChangingProvider {
  private readonly types: ReturnType<typeof resourceTypes>;
  private readonly parts: ApiParts;
  private readonly protocols = new Map<string, unknown>();

  /**
   * @param stack the stack's name, which the ids of its resources follow from
   * @param folder the stack's folder, which file names in it are relative to
   * @param deletions of all stacks: what is put off there, whoever commits it
   */
  constructor(
    private readonly services: Services,
    private readonly stack: string,
    folder: string,
    private readonly deletions: PendingDeletions,
  ) {
    this.types = resourceTypes(services, folder);
    this.parts = new ApiParts(services);
  }

  create(resource: Resource): Attributes {
    return this.at(resource, () => {
      requireArguments(resource);
      const left = this.deletions.inPlaceOf(this.stack, resource);
      if (left && this.identityOf(left) === this.identityOf(resource)) {
        this.deletions.putBack(this.stack, resource);
        const updated = this.update(resource, left.attributes);
        this.deletions.take(this.stack, resource);
        return updated;
      }
      const { setAside } = this.types[resource.type] ?? {};
      if (left && setAside) this.deletions.setAside(this.stack, resource, setAside(left.attributes));
      return this.make(resource);
    });
  }

  update(resource: Resource, before: Attributes): Attributes {
    return this.at(resource, () => {
      requireArguments(resource);
      const ids = this.idsOf(resource);
      const type = this.types[resource.type];
      if (!type) return this.compute(resource, ids);
      const { attributes } = resource;
      return { ...(type.update ? type.update(attributes, before, ids) : type.create(attributes, ids)) };
    });
  }

  /** @throws Error for what is protected from deletion, unless an apply is being undone: what that made has nothing in it */
  delete(resource: Resource): void {
    if (!this.deletions.isUndoing) requireUnprotected(resource);
    this.deletions.add(this.stack, resource, () => {
      try {
        this.types[resource.type]?.delete?.(resource.attributes);
        this.parts.delete(resource);
      } catch (error) {
        // What it was a part of is gone already, and it with that.
        if (!(error instanceof AwsError)) throw error;
      }
    });
  }

  identityOf({ type, attributes }: Resource): string | undefined {
    const names = replacing[type];
    // What is false or empty is as if it was not written.
    return names && JSON.stringify(names.map((name) => attributes[name] || null));
  }

  read({ type, address, attributes }: Resource): Attributes {
    const { accountId, partition, region } = this.services.place;
    switch (type) {
      case "aws_caller_identity":
        return {
          account_id: accountId,
          id: accountId,
          arn: `arn:${partition}:iam::${accountId}:root`,
          user_id: accountId,
        };
      case "aws_partition":
        return { partition, id: partition, dns_suffix: "amazonaws.com" };
      case "aws_region":
        return { region, name: region, id: region };
      case "aws_vpc_endpoint_service": {
        const serviceName = `com.amazonaws.${region}.${attributes.service}`;
        return { service_name: serviceName, id: serviceName };
      }
      default:
        throw new Error(
          `${address} is of a type that the local run does not know. Add ${type} to local/local-provider.ts`,
        );
    }
  }

  private make(resource: Resource): Attributes {
    const ids = this.idsOf(resource);
    const type = this.types[resource.type];
    return type ? { ...type.create(resource.attributes, ids) } : this.compute(resource, ids);
  }

  /** What Terraform computes of what no service holds. */
  private compute(resource: Resource, ids: ResourceIds): Attributes {
    const { type, address, attributes } = resource;
    const accepted = acceptedResources[type];
    if (accepted) return accepted.attributes(attributes, { place: this.services.place, ids });
    if (isRestPart(resource)) return this.parts.restPart(resource, ids);
    if (isV2Part(resource)) {
      const computed = this.parts.v2Part(resource, ids, (apiId) => this.protocols.get(apiId));
      if (type === "aws_apigatewayv2_api") this.protocols.set(String(computed.id), attributes.protocol_type);
      return computed;
    }
    throw new Error(
      `${address} is of a type that the local run does not know. Add ${type} to local/resources.ts, or run without its stack`,
    );
  }

  private idsOf({ address }: Resource): ResourceIds {
    return new ResourceIds(`${this.stack}/${address}`);
  }

  private at<Result>({ address }: Resource, run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      const { message } = error as Error;
      throw new Error(message.startsWith(address) ? message : `${address}: ${message}`, { cause: error });
    }
  }
}

/** @throws Error for an argument that is not modelled, of a type that no service reads by itself */
function requireArguments({ type, attributes }: Resource): void {
  const known = modelledArguments[type] ?? acceptedResources[type]?.arguments;
  if (known) readArguments(type, z.strictObject(accepting(...known)), attributes);
}

/** What of these resources is accepted and not enforced, a sentence for each type. */
export function unenforcedOf(resources: readonly Resource[]): readonly string[] {
  const sentences = resources.flatMap(({ type, attributes }) => {
    const what = acceptedResources[type]?.unenforced ?? unenforced[type];
    const canary =
      type === "aws_api_gateway_stage" && attributes.canary_settings
        ? ["a canary's own deployment: it serves the routes that the stage serves, with variables of its own"]
        : [];
    return [...(what ? [what] : []), ...canary].map((sentence) => `${type}: ${sentence}`);
  });
  return [...new Set(sentences)].sort();
}
