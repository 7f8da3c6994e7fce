import type { Cloud, RunningStack } from "../cloud";
import type { Call } from "./caller";
import { expectStatus } from "./signed-request";

/** Writes an object through the API, finds it in the list, reads and deletes it; gives a line for each. */
export async function walkStorage(_: Cloud, { outputs }: RunningStack, send: Call): Promise<readonly string[]> {
  const api = String(outputs.storage_url?.value);
  const object = { key: "walk/tea ☕.txt", content: "two cups", contentType: "text/plain; charset=utf-8" };
  const path = `/objects/${encodeURI(object.key)}`;
  const call = async (status: number, method: string, route: string, body?: string): Promise<string> => {
    // Else a cache would go on giving what was deleted.
    const headers = { "cache-control": "max-age=0" };
    return expectStatus(await send({ method, url: `${api}${route}`, body, headers }), status, `${method} ${route}`)
      .body;
  };

  const written = JSON.parse(await call(201, "POST", "/objects", JSON.stringify(object))) as { size: number };
  const { objects } = JSON.parse(await call(200, "GET", "/objects?prefix=walk/")) as { objects: { key: string }[] };
  if (objects.length !== 1 || objects[0]?.key !== object.key) {
    throw new Error(`GET /objects should list ${object.key}, got: ${JSON.stringify(objects)}`);
  }
  const content = await call(200, "GET", path);
  if (content !== object.content) throw new Error(`GET ${path} should give what was written, got: ${content}`);
  await call(204, "DELETE", path);
  await call(404, "GET", path);
  return [
    `  POST /objects ${JSON.stringify(object)}  201, ${written.size} bytes`,
    `  GET /objects?prefix=walk/  200, ${objects.length} object; GET ${path}  200, ${content}`,
    `  DELETE ${path}  204; GET  404`,
  ];
}
