import type { IncomingMessage } from "node:http";
import { refusalOf } from "../../../local/page/access";

const ask = (method: string, url: string, headers: Record<string, string>) =>
  refusalOf({ method, url, headers } as unknown as IncomingMessage, 4567)?.status;
const host = "127.0.0.1:4567";
const origin = `http://${host}`;
const json = "application/json";

test.each([
  ["its own name", "GET", "/data/queues", { host }, undefined],
  ["localhost", "GET", "/data/queues", { host: "localhost:4567" }, undefined],
  ["a name that leads here by a foreign DNS record", "GET", "/", { host: "evil.example:4567" }, 421],
  ["the right name at another port", "GET", "/", { host: "127.0.0.1:4566" }, 421],
  ["no name", "GET", "/", {}, 421],
  ["the page itself", "GET", "/data/queues", { host, "sec-fetch-site": "same-origin" }, undefined],
  ["a person who types the address", "GET", "/", { host, "sec-fetch-site": "none" }, undefined],
  ["a link on another site to the page", "GET", "/", { host, "sec-fetch-site": "cross-site" }, undefined],
  ["another site that reads", "GET", "/data/queues", { host, "sec-fetch-site": "cross-site" }, 403],
  ["another port of this machine that reads", "GET", "/data/queues", { host, "sec-fetch-site": "same-site" }, 403],
  ["a program that takes it for a proxy", "GET", `http://${host}/data/queues`, { host }, 400],
  ["another site that listens", "GET", "/events", { host, "sec-fetch-site": "cross-site" }, 403],
])("of who reads by %s", (_, method, url, headers, status) => {
  expect(ask(method, url, headers as Record<string, string>)).toBe(status);
});

test.each([
  ["the page", { host, origin, "content-type": json }, undefined],
  [
    "the page, where a browser tells no origin",
    { host, "sec-fetch-site": "same-origin", "content-type": json },
    undefined,
  ],
  ["another site", { host, origin: "http://evil.example", "content-type": json }, 403],
  [
    "a page without an origin, such as an object of a bucket in a frame",
    { host, origin: "null", "content-type": json },
    403,
  ],
  [
    "the run's own port, where objects of buckets are shown",
    { host, origin: "http://127.0.0.1:4566", "content-type": json },
    403,
  ],
  ["nobody who says so", { host, "content-type": json }, 403],
  ["another site with an origin of here", { host, origin, "sec-fetch-site": "cross-site", "content-type": json }, 403],
  ["a form", { host, origin, "content-type": "text/plain" }, 415],
  ["a type that only begins like JSON", { host, origin, "content-type": "application/jsonp" }, 415],
])("what acts must come from the page and be JSON: %s", (_, headers, status) => {
  expect(ask("POST", "/send", headers as Record<string, string>)).toBe(status);
});

test("takes one method at each place, and names it to who comes with another", () => {
  const refusal = (method: string, url: string) =>
    refusalOf({ method, url, headers: { host, origin, "content-type": json } } as unknown as IncomingMessage, 4567);
  for (const url of ["/", "/data/queues?count=1", "/events", "/./send", "/send/", "/data/send"]) {
    expect(refusal("GET", url)).toBeUndefined();
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
      expect(refusal(method, url)).toMatchObject({ status: 405, allow: "GET", why: "Here only GET is answered." });
  }
  for (const url of ["/send", "/send?a=b"]) {
    expect(refusal("POST", url)).toBeUndefined();
    for (const method of ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
      expect(refusal(method, url)).toMatchObject({ status: 405, allow: "POST", why: "Here only POST is answered." });
  }
});
