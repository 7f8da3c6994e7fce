import type { Construct } from "constructs";
import { PropError } from "../terraform/props";
import { type HttpMethod, httpMethods } from "./definition";

/** The parameters of a path, such as `key` of `/objects/{key+}`. */
export const pathParameters = (path: string): readonly string[] =>
  [...path.matchAll(/\{([\w.-]+)\+?\}/g)].map(([, name]) => name as string);

/**
 * @param api is named in errors
 * @throws PropError for a path that API Gateway would not take
 */
export function requirePath(api: Construct, path: string): void {
  if (path !== "/" && !/^(\/([\w.,-]+|\{[\w.-]+\+?\}))+$/.test(path)) {
    throw new PropError(api, "path", "/ and parts of letters, digits, -_., or one {parameter}", path);
  }
  const greedy = path.match(/\{[\w.-]+\+\}(?=\/)/)?.[0];
  if (greedy) {
    throw new PropError(api, "path", `one that ends with ${greedy}`, path, "It takes all that follows");
  }
  const names = pathParameters(path);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new PropError(api, "path", `one that has each parameter once`, path, `{${twice}} is there twice`);
}

/** The paths of an API with the methods of each, which refuses what API Gateway would refuse when it is applied. */
export class RouteTable {
  /** Parts of paths, `/` included: each is a resource of its own. */
  private readonly parts = new Set<string>(["/"]);
  /** The one parameter that may follow a path. */
  private readonly parameters = new Map<string, string>();
  private readonly methods = new Map<string, HttpMethod[]>();

  /** @param api is named in errors */
  constructor(private readonly api: Construct) {}

  get resourceCount(): number {
    return this.parts.size;
  }

  /** Every route as `POST /orders`. */
  get names(): readonly string[] {
    return [...this.methods].flatMap(([path, methods]) => methods.map((method) => `${method} ${path}`));
  }

  /**
   * Adds a route.
   * @throws PropError where the path is malformed, clashes with another one or has the method already
   */
  add(httpMethod: HttpMethod, path: string): void {
    const { api } = this;
    // Whoever writes JavaScript has no types that say so.
    if (!httpMethods.includes(httpMethod)) {
      throw new PropError(api, "httpMethod", `one of ${httpMethods.join(", ")}`, httpMethod);
    }
    const methods = this.methods.get(path);
    if (methods?.includes(httpMethod)) throw new PropError(api, "path", `one that has no ${httpMethod} yet`, path);
    if (methods) {
      methods.push(httpMethod);
      return;
    }
    requirePath(api, path);
    this.addParts(path);
    this.methods.set(path, [httpMethod]);
  }

  /** The methods that a path has so far. */
  methodsOf(path: string): readonly HttpMethod[] {
    return this.methods.get(path) ?? [];
  }

  private addParts(path: string): void {
    let parent = "/";
    for (const part of path.split("/").filter((name) => name !== "")) {
      if (part.startsWith("{")) {
        const known = this.parameters.get(parent) ?? part;
        if (known !== part) {
          const remedy = `API Gateway takes one parameter after ${parent}, and another route has ${known} there`;
          throw new PropError(this.api, "path", `one that has ${known} in the place of ${part}`, path, remedy);
        }
        this.parameters.set(parent, part);
      }
      parent = parent === "/" ? `/${part}` : `${parent}/${part}`;
      this.parts.add(parent);
    }
  }
}
