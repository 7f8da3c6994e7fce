import { RouteTree } from "../../../local/api-gateway/route-tree";

const tree = new RouteTree<string>();
for (const route of [
  "GET /",
  "GET /orders",
  "POST /orders",
  "GET /orders/{id}",
  "GET /orders/latest",
  "GET /orders/{id}/lines/{line}",
  "ANY /files/{path+}",
  "GET /files/{name}",
  "PUT /files/{path+}",
]) {
  const [httpMethod = "", path = ""] = route.split(" ");
  tree.add(path, httpMethod, route);
}

test.each([
  ["GET /", "GET /", {}],
  ["GET /orders", "GET /orders", {}],
  ["GET /orders/", "GET /orders", {}],
  ["POST /orders", "POST /orders", {}],
  ["GET /orders/latest", "GET /orders/latest", {}],
  ["GET /orders/7", "GET /orders/{id}", { id: "7" }],
  ["GET /orders/a%2Fb%20c", "GET /orders/{id}", { id: "a%2Fb%20c" }],
  ["GET /orders/100%", "GET /orders/{id}", { id: "100%" }],
  ["GET /orders/latest/lines/2", "GET /orders/{id}/lines/{line}", { id: "latest", line: "2" }],
  ["GET /files/a", "GET /files/{name}", { name: "a" }],
  ["GET //orders//7/", "GET /orders/{id}", { id: "7" }],
  ["GET /files/a/b", "ANY /files/{path+}", { path: "a/b" }],
  ["GET /files//a/../b%2F//", "ANY /files/{path+}", { path: "/a/../b%2F//" }],
  ["GET /f%69les/%61/b", "ANY /files/{path+}", { path: "%61/b" }],
  ["PUT /files/a/b", "PUT /files/{path+}", { path: "a/b" }],
  ["DELETE /files/a/b", "ANY /files/{path+}", { path: "a/b" }],
])("%s goes to %s", (request, target, parameters) => {
  const [httpMethod = "", path = ""] = request.split(" ");
  expect(tree.find(path, httpMethod)).toEqual({ target, parameters });
});

test.each([
  "POST /",
  "DELETE /orders",
  "HEAD /orders",
  "OPTIONS /orders",
  "GET /Orders",
  "GET /orders/1/lines",
  "GET /files",
  "GET /files//",
  "GET /__proto__",
])("%s goes nowhere", (request) => {
  const [httpMethod = "", path = ""] = request.split(" ");
  expect(tree.find(path, httpMethod)).toBeUndefined();
});
