import { Cognito } from "../../../local/cognito/cognito";
import { forgetting, type Journals } from "../../../local/journal";
import { KeptRuns } from "../../support/kept-runs";
import { clock, place, silent } from "../../support/local";

const client = (changes: object = {}) => ({
  ...{ name: "app", generate_secret: true, allowed_oauth_scopes: ["orders/read"] },
  ...changes,
});

/** A run with a pool, a resource server and a client. */
function run(journals: Journals = forgetting) {
  const cognito = new Cognito({ place, clock, log: silent, endpoint: "http://127.0.0.1:4566", journals });
  const { id } = cognito.createUserPool({ name: "users" });
  const server = (scopes: readonly string[]) => ({
    ...{ identifier: "orders", name: "Orders", user_pool_id: id },
    scope: scopes.map((scope_name) => ({ scope_name, scope_description: "s" })),
  });
  cognito.createResourceServer(server(["read"]));
  const made = cognito.createClient(client({ user_pool_id: id }));
  const token = (username = "ann") => cognito.tokenFor({ userPoolId: id, clientId: made.id, username });
  const claims = async (text: string) => cognito.userPools[0]?.claimsOf(text);
  return { cognito, id, server, made, token, claims };
}

describe("in a run that remembers", () => {
  test("pool, client, secret and users are those of before, and tokens are good", async () => {
    const runs = new KeptRuns();
    const before = run(runs.next());
    const token = await before.token();
    const sub = (await before.claims(token))?.sub;
    for (const later of [run(runs.next()), run(runs.next())]) {
      expect([later.id, later.made]).toEqual([before.id, before.made]);
      expect(await later.claims(token)).toMatchObject({ sub, aud: before.made.id });
      expect((await later.claims(await later.token()))?.sub).toBe(sub);
    }
  });

  test("pools and clients of one name are told apart by the order in which they are made", () => {
    const runs = new KeptRuns();
    const twice = (journals: Journals) => {
      const { cognito, id, made } = run(journals);
      const other = cognito.createUserPool({ name: "users" }).id;
      return [id, other, made.id, cognito.createClient(client({ user_pool_id: id })).id];
    };
    const first = twice(runs.next());
    expect(new Set(first).size).toBe(4);
    expect(twice(runs.next())).toEqual(first);
  });

  test("what was deleted is made anew, and its tokens are worth nothing", async () => {
    const runs = new KeptRuns();
    const before = run(runs.next());
    const token = await before.token();
    before.cognito.deleteClient(before.id, before.made.id);
    const second = run(runs.next());
    expect([second.id, second.made.client_secret === before.made.client_secret]).toEqual([before.id, false]);
    second.cognito.deleteUserPool(before.id);
    expect(second.cognito.userPools).toEqual([]);
    await expect(run(runs.next()).claims(token)).rejects.toThrow("it was not signed with the pool's key");
  });

  test("a client that was renamed is found by its new name", () => {
    const runs = new KeptRuns();
    const { cognito, id, made } = run(runs.next());
    cognito.updateClient(made.id, client({ user_pool_id: id, name: "renamed" }));
    const later = run(runs.next());
    expect(later.made.id).not.toBe(made.id);
    expect(later.cognito.createClient(client({ user_pool_id: id, name: "renamed" }))).toEqual(made);
  });
});

describe("an update", () => {
  test("of a client keeps its id and secret", async () => {
    const { cognito, id, made, claims, token } = run();
    const given = client({ user_pool_id: id, id_token_validity: 2 });
    expect(cognito.updateClient(made.id, given)).toEqual(made);
    const { exp, iat } = (await claims(await token())) ?? {};
    expect(Number(exp) - Number(iat)).toBe(7_200);
    expect(() => cognito.updateClient(made.id, client({ user_pool_id: id, allowed_oauth_scopes: ["a/b"] }))).toThrow(
      "Invalid scope requested: a/b is of no resource server",
    );
    expect(() => cognito.updateClient("x", client({ user_pool_id: id }))).toThrow("clientId must be of a client of");
  });

  test("of a pool keeps its tokens", async () => {
    const { cognito, id, token, claims } = run();
    const before = await token();
    expect(cognito.updateUserPool(id, { name: "users", mfa_configuration: "OFF" })).toMatchObject({ id });
    expect(await claims(before)).toMatchObject({ token_use: "id" });
    expect(() => cognito.updateUserPool("x", { name: "users" })).toThrow("User pool x does not exist.");
  });

  test("of a resource server replaces its scopes", () => {
    const { cognito, id, server } = run();
    cognito.createResourceServer(server(["write"]));
    const asking = (scope: string) => () =>
      cognito.createClient(client({ user_pool_id: id, allowed_oauth_scopes: [scope] }));
    expect(asking("orders/read")).toThrow("orders/read is of no resource server");
    expect(asking("orders/write")).not.toThrow();
    cognito.removeResourceServer(id, "orders");
    expect(asking("orders/write")).toThrow("orders/write is of no resource server");
  });
});

test("ids are the same in every run, and secrets and keys are not", async () => {
  const [one, other] = [run(), run()];
  expect([other.id, other.made.id]).toEqual([one.id, one.made.id]);
  expect(other.made.client_secret).not.toBe(one.made.client_secret);
  await expect(other.claims(await one.token())).rejects.toThrow("it was not signed with the pool's key");
});

test("what stood in a pool that is gone is gone", () => {
  const { cognito, id, made } = run();
  cognito.deleteUserPool(id);
  expect(() => {
    cognito.deleteClient(id, made.id);
    cognito.removeResourceServer(id, "orders");
    cognito.deleteUserPool(id);
  }).not.toThrow();
});
