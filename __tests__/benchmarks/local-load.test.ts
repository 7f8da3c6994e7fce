import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { offer, orderIn, type Pipeline } from "../../benchmarks/local-load";
import { hasMiniStack } from "../../benchmarks/local-ministack";

const servers: http.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A pipeline that answers each order so and mails so many times of each that it accepts. */
async function pipelineThat({ status = 202, mails = 1 }: { readonly status?: number; readonly mails?: number } = {}) {
  const asked: { readonly body: { readonly orderID: string }; readonly authorization?: string }[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    asked.push({ body, authorization: request.headers.authorization });
    response.writeHead(status).end("{}");
    if (status === 202) for (let mail = 0; mail < mails; mail += 1) pipeline.onMail(body.orderID);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const pipeline: Pipeline = {
    name: "test",
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`,
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIA", secretAccessKey: "secret", sessionToken: "token" },
    onMail: () => undefined,
    stop: async () => undefined,
  };
  return { pipeline, asked };
}

describe("offering orders", () => {
  test("sends as many as the rate and the time make, each signed and with an id of its own", async () => {
    const { pipeline, asked } = await pipelineThat();
    expect(await offer(pipeline, 100, 0.2)).toMatchObject({ sent: 20, mailed: 20 });
    expect(new Set(asked.map(({ body }) => body.orderID)).size).toBe(20);
    expect(asked.every(({ authorization }) => authorization?.includes("/eu-west-1/execute-api/"))).toBe(true);
  });

  test("counts an order once that is mailed of twice", async () => {
    const { pipeline } = await pipelineThat({ mails: 2 });
    expect(await offer(pipeline, 100, 0.1)).toMatchObject({ sent: 10, mailed: 10 });
  });

  test("ends with the answer to an order that is not accepted", async () => {
    const { pipeline } = await pipelineThat({ status: 429 });
    await expect(offer(pipeline, 10, 0.1)).rejects.toThrow("test: POST /orders should give 202, got: 429 {}");
  });
});

test.each([
  ["New order bench-12", "bench-12"],
  ["something else", ""],
])("the order of a mail is read from its subject: %s", (subject, orderID) => {
  expect(orderIn(subject)).toBe(orderID);
});

test("MiniStack is not there where its command is not", () => {
  expect(hasMiniStack("no-such-command-here")).toBe(false);
});
