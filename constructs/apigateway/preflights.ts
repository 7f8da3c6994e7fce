import { Lazy } from "cdktf";
import type { Construct } from "constructs";
import { PropError } from "../terraform/props";
import { allowedHeaders, type Cors, corsIfAny, preflight, requestHeaders, requireCors } from "./cors";
import type { ApiSettings, HttpMethod, RouteDefinition } from "./definition";
import type { RouteTable } from "./route-table";

export interface PreflightsProps {
  /** The CORS of paths whose routes do not say it themselves. */
  readonly cors?: Cors;
  readonly apiKeySource: ApiSettings["apiKeySource"];
  readonly paths: RouteTable;
}

/** Which pages may call which path of an API, and how its preflights are answered: once for all methods of a path. */
export class Preflights {
  private readonly corsOfPath = new Map<string, Cors | undefined>();
  private readonly headersOfPath = new Map<string, readonly string[]>();

  /** @throws PropError */
  constructor(
    private readonly api: Construct,
    private readonly props: PreflightsProps,
  ) {
    if (props.cors) requireCors(api, "cors", props.cors);
  }

  /**
   * The CORS of a route.
   * @throws PropError where it differs from that of another route of the path
   */
  corsOf(httpMethod: HttpMethod, path: string, own: Cors | "NONE" | undefined): Cors | undefined {
    const { api, corsOfPath } = this;
    if (own !== undefined && own !== "NONE") requireCors(api, "cors", own);
    const cors = own === "NONE" ? undefined : corsIfAny(own ?? this.props.cors);
    if (cors && httpMethod === "OPTIONS") {
      throw new PropError(api, "httpMethod", "another than OPTIONS where cors answers preflights", `OPTIONS ${path}`);
    }
    if (!corsOfPath.has(path)) corsOfPath.set(path, cors);
    else if (JSON.stringify(corsOfPath.get(path)) !== JSON.stringify(cors)) {
      throw new PropError(api, "cors", "the same for all routes of a path", `${httpMethod} ${path}`);
    }
    return cors;
  }

  /**
   * Takes note of what a route wants of a request.
   * @returns the route that answers the path's preflights, with the first route of a path that has CORS
   */
  routeFor(route: RouteDefinition): RouteDefinition | undefined {
    const { path } = route;
    const cors = this.corsOfPath.get(path);
    const known = this.headersOfPath.get(path);
    this.headersOfPath.set(path, [...(known ?? []), ...requestHeaders(route, this.props.apiKeySource)]);
    if (!cors || known) return undefined;
    // Routes that come later belong into the answer, too.
    const methods = Lazy.stringValue({ produce: () => [...this.props.paths.methodsOf(path)].sort().join(",") });
    const headers = Lazy.stringValue({ produce: () => allowedHeaders(cors, this.headersOfPath.get(path) ?? []) });
    return {
      httpMethod: "OPTIONS",
      path,
      // A browser signs no preflight, and sends no key.
      authorization: "NONE",
      isApiKeyRequired: false,
      integration: preflight(cors, methods, headers),
      requiredParameters: [],
      cacheKeyParameters: [],
    };
  }
}
