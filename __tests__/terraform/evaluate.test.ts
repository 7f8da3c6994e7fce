import type { Resource, TerraformConfig } from "../../terraform/config";
import { type Applied, apply, type Provider } from "../../terraform/evaluate";
import { ordersConfig } from "../support/synth";
import { terraform, testWithTerraform } from "../support/terraform";

/** Gives each resource an id, and keeps what it was asked for. */
class FakeProvider implements Provider {
  readonly asked: Resource[] = [];

  create(resource: Resource) {
    this.asked.push(resource);
    return { id: `id-of-${resource.address}`, arn: `arn-of-${resource.address}` };
  }

  read(data: Resource) {
    this.asked.push(data);
    return { partition: "aws", account_id: "123456789012", region: "eu-west-1" };
  }
}

const run = (config: TerraformConfig, variables: Readonly<Record<string, string>> = {}): Applied =>
  apply(config, new FakeProvider(), variables);

const addresses = (config: TerraformConfig): readonly string[] => run(config).resources.map(({ address }) => address);

/** The value of one expression among resources and whatever else is given. */
const valueIn = (value: unknown, config: TerraformConfig = {}, variables: Readonly<Record<string, string>> = {}) =>
  run({ ...config, output: { it: { value } } }, variables).outputs.it?.value;

const variable = (declared: object, given?: string): unknown =>
  valueIn("${var.it}", { variable: { it: declared } }, given === undefined ? {} : { it: given });

describe("order", () => {
  test("a resource comes after what it refers to, also through locals, keys and data, and else by address", () => {
    expect(
      addresses({
        resource: {
          aws_a: { One: { of: "${local.four}" }, Two: {}, Three: { tags: { "${aws_z.Last.id}": "" } } },
          aws_b: {
            Five: { nested: [{ of: "x-${aws_b.Six.arn}" }] },
            Six: {},
            Four: { of: "${data.aws_d.D.partition}" },
          },
          aws_z: { Last: {} },
        },
        locals: { four: { of: ["${aws_b.Four.id}"] } },
        data: { aws_d: { D: { of: "${aws_b.Six.id}" } } },
      }),
    ).toEqual(["aws_b.Six", "aws_b.Four", "aws_a.One", "aws_z.Last", "aws_a.Three", "aws_a.Two", "aws_b.Five"]);
  });

  test.each(["aws_z.Last", "${aws_z.Last}", "aws_z.Last[0]", "aws_z.Last.id"])("depends_on may say %s", (text) => {
    const config = { resource: { aws_a: { One: { depends_on: [text] } }, aws_z: { Last: { name: "z" } } } };
    const provider = new FakeProvider();
    apply(config, provider, {});
    expect(provider.asked.map(({ address }) => address)).toEqual(["aws_z.Last", "aws_a.One"]);
    expect(provider.asked[1]?.attributes).toEqual({});
  });

  test.each([
    [
      { aws_a: { One: { of: "${aws_b.Two.id}" } }, aws_b: { Two: { of: "${aws_a.One.id}" } } },
      "cycle: aws_a.One → aws_b.Two → aws_a.One",
    ],
    [{ aws_a: { One: { of: "${aws_a.One.id}" } } }, "cycle: aws_a.One → aws_a.One"],
    [{ aws_a: { One: { of: "${aws_b.Two.id}" } } }, "aws_a.One refers to aws_b.Two, which is not declared"],
    [
      { aws_a: { One: { of: "${can(data.aws_b.Two.id)}" } } },
      "aws_a.One refers to data.aws_b.Two, which is not declared",
    ],
    [{ aws_a: { One: { of: "${var.x}" } } }, "aws_a.One refers to var.x, which is not declared"],
    [{ aws_a: { One: { count: "${local.x}" } } }, "aws_a.One refers to local.x, which is not declared"],
    [{ aws_a: { One: { depends_on: ["aws_b.Two"] } } }, "aws_a.One refers to aws_b.Two, which is not declared"],
    [{ aws_a: { One: { of: "${aws_b}" } } }, "aws_a.One.of: aws_b is no reference: a name must follow"],
    [{ aws_a: { One: { of: "${path.module}/x" } } }, "aws_a.One: path.module is not in the local run"],
    [{ aws_a: { One: { of: ["${foo()}"] } } }, "aws_a.One.of.0: the function foo is not in the local run"],
  ])("%j is refused before anything is created", (resource, message) => {
    const provider = new FakeProvider();
    expect(() => apply({ resource }, provider, {})).toThrow(message);
    expect(provider.asked).toEqual([]);
  });

  test("an output that refers to nothing is refused before anything is created", () => {
    const provider = new FakeProvider();
    const config = { resource: { aws_a: { One: {} } }, output: { it: { value: "${aws_a.Two.id}" } } };
    expect(() => apply(config, provider, {})).toThrow("output.it refers to aws_a.Two, which is not declared");
    expect(provider.asked).toEqual([]);
  });
});

describe("resources", () => {
  test("the provider gets evaluated arguments, without what is Terraform's own", () => {
    const provider = new FakeProvider();
    const { resources } = apply(
      {
        resource: {
          aws_a: {
            One: {
              "//": { metadata: { path: "${not.evaluated}" } },
              lifecycle: { create_before_destroy: true, ignore_changes: ["of"] },
              provider: "aws.other",
              name: "one",
              absent: null,
              size: 3,
              nested: [{ list: ["${data.aws_d.D.partition}", true], "k-${1}": { deep: "$${x}" } }],
            },
          },
        },
        data: { aws_d: { D: { "//": {}, name: "d" } } },
      },
      provider,
      {},
    );
    const attributes = { name: "one", size: 3, nested: [{ list: ["aws", true], "k-1": { deep: "${x}" } }] };
    expect(provider.asked).toEqual(
      [
        { type: "aws_a", name: "One", address: "aws_a.One", attributes },
        { type: "aws_d", name: "D", address: "data.aws_d.D", attributes: { name: "d" } },
      ].reverse(),
    );
    expect(resources).toEqual([
      {
        type: "aws_a",
        name: "One",
        address: "aws_a.One",
        attributes: { ...attributes, id: "id-of-aws_a.One", arn: "arn-of-aws_a.One" },
      },
    ]);
  });

  test("a reference reads arguments and computed attributes, whole resources too", () => {
    const config = { resource: { aws_a: { One: { name: "one", tags: { "a.b": ["x"] } } } } };
    expect(valueIn('${aws_a.One.arn} ${aws_a.One.name} ${aws_a.One.tags["a.b"][0]}', config)).toBe(
      "arn-of-aws_a.One one x",
    );
    expect(valueIn("${aws_a.One}", config)).toMatchObject({ id: "id-of-aws_a.One", name: "one" });
  });

  test.each([
    ["${aws_a.One.nope}", "output.it.value: aws_a.One has no attribute nope in the local run (in ${aws_a.One.nope})"],
    ["${can(aws_a.One.nope)}", "aws_a.One has no attribute nope in the local run"],
    ["${aws_a.One.constructor}", "aws_a.One has no attribute constructor in the local run"],
    ["${aws_a.One.tags.nope}", "an object of a has no element nope"],
    ["${aws_a.Two[1].nope}", "aws_a.Two[1] has no attribute nope in the local run"],
    ["${aws_a.Two.id}", "aws_a.Two has a count: an index must follow, such as aws_a.Two[0].id"],
    ["${aws_a.Two[2].id}", "a list of 2 has no element 2"],
    ["${count.index}", "output.it.value: count.index is not known here"],
    [["a", { b: "${1 + aws_a.One.arn}" }], 'output.it.value.1.b: a number is needed, got: "arn-of-aws_a.One"'],
  ])("%j has no value", (value, message) => {
    const resource = { aws_a: { One: { tags: { a: 1 } }, Two: { count: 2 } } };
    expect(() => valueIn(value, { resource })).toThrow(message);
  });

  test("an error of the provider passes", () => {
    const provider = new FakeProvider();
    provider.create = ({ type }) => {
      throw new Error(`${type} is not known`);
    };
    expect(() => apply({ resource: { aws_a: { One: {} } } }, provider, {})).toThrow(/^aws_a is not known$/);
  });

  test.each<[TerraformConfig, string]>([
    [{ resource: { aws_a: { One: { for_each: ["a"] } } } }, "aws_a.One: for_each is not in the local run"],
    [{ resource: { aws_a: { One: { provisioner: [] } } } }, "aws_a.One: provisioner is not in the local run"],
    [{ resource: { aws_a: { One: { connection: {} } } } }, "aws_a.One: connection is not in the local run"],
    [{ resource: { aws_a: { One: { dynamic: {} } } } }, "aws_a.One: dynamic is not in the local run"],
    [{ resource: { aws_a: { One: { b: [{ dynamic: {} }] } } } }, "aws_a.One.b.0: dynamic is not in the local run"],
    [
      { resource: { aws_a: { One: { lifecycle: { precondition: [] } } } } },
      "aws_a.One.lifecycle: precondition is not in",
    ],
    [{ data: { aws_a: { One: { for_each: {} } } } }, "data.aws_a.One: for_each is not in the local run"],
    [{ output: { it: { value: 1, precondition: [] } } }, "output.it: precondition is not in the local run"],
    [{ module: {} }, "the block module is not in the local run"],
    [{ moved: [] }, "the block moved is not in the local run"],
    [{ import: [] }, "the block import is not in the local run"],
    [{ check: {} }, "the block check is not in the local run"],
  ])("%j is not modelled", (config, message) => {
    expect(() => run(config)).toThrow(message);
  });
});

describe("count", () => {
  const counted = (count: unknown): TerraformConfig => ({
    resource: { aws_a: { One: { count, name: "n${count.index}" } } },
    variable: { it: { default: "" } },
  });

  test.each([
    [0, []],
    [2, ["aws_a.One[0]", "aws_a.One[1]"]],
    ["2", ["aws_a.One[0]", "aws_a.One[1]"]],
    ['${var.it == "" ? 0 : 1}', []],
    ['${var.it != "" ? 0 : 1}', ["aws_a.One[0]"]],
  ])("%j makes %j", (count, made) => {
    const { resources } = run(counted(count));
    expect(resources.map(({ address }) => address)).toEqual(made);
    expect(resources.map(({ attributes }) => attributes.name)).toEqual(made.map((_, index) => `n${index}`));
  });

  test("makes a list, of which can and try see the end", () => {
    expect(valueIn("${aws_a.One[1].id}", counted(2))).toBe("id-of-aws_a.One[1]");
    expect(valueIn("${length(aws_a.One)}", counted(0))).toBe(0);
    expect(valueIn('${try(aws_a.One[0].id, "none")}', counted(0))).toBe("none");
  });

  test.each([
    [-1, "aws_a.One.count must be a whole number of 0 or more, got: -1"],
    [1.5, "aws_a.One.count must be a whole number of 0 or more, got: 1.5"],
    ["many", 'aws_a.One.count: a number is needed, got: "many"'],
    [null, "aws_a.One.count: a number is needed, got: null"],
  ])("%j is refused", (count, message) => {
    expect(() => run(counted(count))).toThrow(message);
  });

  test("works for data sources", () => {
    const data = { aws_d: { D: { count: 2 } } };
    expect(valueIn("${data.aws_d.D[1].partition}", { data })).toBe("aws");
  });
});

describe("variables", () => {
  test.each<[object, string | undefined, unknown]>([
    [{}, "${raw} [1]", "${raw} [1]"],
    [{ type: "string" }, "", ""],
    [{ type: "string", default: "d" }, undefined, "d"],
    [{ type: "string", default: "d" }, "g", "g"],
    [{ type: "string", default: "${d}" }, undefined, "${d}"],
    [{ type: "string", default: 1 }, undefined, "1"],
    [{ default: null }, undefined, null],
    [{ default: [1, { a: true }] }, undefined, [1, { a: true }]],
    [{ default: 1 }, "2", "2"],
    [{ type: "any" }, '[1, "a"]', [1, "a"]],
    [{ type: "number" }, "1.5", 1.5],
    [{ type: "bool" }, "true", true],
    [{ type: "bool" }, "0", false],
    [{ type: "list(string)" }, '["a", 1]', ["a", "1"]],
    [{ type: "list", default: [1] }, undefined, [1]],
    [{ type: "map(list(number))" }, '{"a": ["1"], "b": null}', { a: [1], b: null }],
    [{ type: "list(string)", default: ["d"], nullable: false }, "null", ["d"]],
    [{ type: "list(string)", default: ["d"] }, "null", null],
    [{ type: "string", description: "${x}", sensitive: true }, "s", "s"],
  ])("%j given %j is %j", (declared, given, value) => {
    expect(variable(declared, given)).toEqual(value);
  });

  test.each<[object, string | undefined, string]>([
    [{}, undefined, "TF_VAR_it must be set: the variable it has no default"],
    [{ description: "An address" }, undefined, "TF_VAR_it must be set: the variable it (An address) has no default"],
    [{ type: "list(any)", default: null, nullable: false }, "null", "TF_VAR_it must be set"],
    [{ type: "number" }, "ten", "TF_VAR_it must be of type number, got: ten"],
    [{ type: "number", sensitive: true }, "ten", "TF_VAR_it must be of type number, got: a sensitive value"],
    [{ type: "bool" }, "TRUE", "TF_VAR_it must be of type bool, got: TRUE"],
    [{ type: "list(number)" }, "1", "TF_VAR_it must be of type list(number) in JSON, got: 1"],
    [{ type: "list(number)" }, "[a]", "TF_VAR_it must be of type list(number) in JSON, got: [a]"],
    [{ type: "any" }, "a", "TF_VAR_it must be of type any in JSON, got: a"],
    [{ type: "map(string)" }, "[]", "TF_VAR_it must be of type map(string) in JSON, got: []"],
    [
      { type: "number", default: "ten" },
      undefined,
      "the default of variable it must be of type number: a number is needed",
    ],
    [{ type: "object({a = string})" }, "{}", "variable it: the type object({a=string}) is not in the local run"],
    [{ type: "list(set(string))" }, "[[]]", "variable it: the type set(string) is not in the local run"],
    [{ ephemeral: true }, "x", "variable it: ephemeral is not in the local run"],
  ])("%j given %j is refused", (declared, given, message) => {
    expect(() => variable(declared, given)).toThrow(message);
  });

  test("what is given and not declared is ignored", () => {
    expect(run({}, { unknown: "x" })).toEqual({ resources: [], outputs: {} });
  });

  describe("validation", () => {
    const declared = {
      type: "string",
      validation: [
        { condition: '${var.it != "bad"}', error_message: 'it must not be "${var.it}".' },
        { condition: "${length(var.it) <= var.most}", error_message: "it must be short." },
      ],
    };
    const validated = (given: string): unknown =>
      valueIn("${var.it}", { variable: { it: declared, most: { type: "number", default: 3 } } }, { it: given });

    test("passes what meets all conditions", () => {
      expect(validated("abc")).toBe("abc");
    });

    test.each([
      ["bad", /^it must not be "bad"\.$/],
      ["long", /^it must be short\.$/],
    ])("refuses %s with its own message", (given, message) => {
      expect(() => validated(given)).toThrow(message);
    });

    test.each([
      ["${var.other == 1}", "validation of variable it: there is no var.other"],
      ["${can(local.x)}", "validation of variable it: there is no local.x: a validation can refer to variables"],
      ["${[]}", "validation of variable it: a bool is needed, got: a list"],
    ])("%s is no condition", (condition, message) => {
      expect(() => variable({ validation: { condition, error_message: "no" } }, "x")).toThrow(message);
    });
  });
});

test("outputs say whether they are sensitive, and locals keep null", () => {
  const { outputs } = run({
    locals: { "//": "a comment", a: { b: null, c: "${local.d}" }, d: [1] },
    output: {
      plain: { value: "${local.a}", description: "${not.evaluated}", depends_on: ["local.d"] },
      secret: { value: "s", sensitive: true },
    },
  });
  expect(outputs).toEqual({
    plain: { value: { b: null, c: [1] }, sensitive: false },
    secret: { value: "s", sensitive: true },
  });
});

test("the provider and terraform blocks are not evaluated", () => {
  expect(run({ "//": "${a}", terraform: { backend: "${a}" }, provider: { aws: [{ region: "${a}" }] } })).toEqual({
    resources: [],
    outputs: {},
  });
});

testWithTerraform("Terraform gives the same outputs", () => {
  const config: TerraformConfig = {
    variable: {
      list: { type: "list(string)", default: ["${literal}", 1] },
      many: { type: "number", default: "2" },
      raw: { default: "$${x}", description: "${not.evaluated}" },
    },
    locals: { inputs: { "k${1}": "${terraform_data.Many[1].output}", "//": "no comment here", none: null } },
    resource: {
      terraform_data: {
        Last: { "//": "a comment", input: "${local.inputs}", lifecycle: { create_before_destroy: true } },
        Many: { count: "${var.many}", input: "${count.index}-${var.raw}", depends_on: ["terraform_data.None"] },
        None: { count: '${var.raw == "" ? 1 : 0}' },
      },
    },
    output: {
      last: { value: "${terraform_data.Last.output}" },
      list: { value: "${var.list}" },
      many: { value: { count: "${length(terraform_data.Many)}", first: "${terraform_data.Many[0].output}" } },
      none: { value: '${try(terraform_data.None[0].output, "none")}', sensitive: true },
    },
  };
  const provider = new FakeProvider();
  provider.create = ({ attributes: { input } }) => ({ id: "id", arn: "", output: input });
  const printed = terraform(config, ["apply", "-auto-approve"], ["output", "-json"]);
  const outputs: Applied["outputs"] = JSON.parse(printed.slice(printed.lastIndexOf("\n{\n")));
  const expected = Object.entries(outputs).map(([name, { value, sensitive }]) => [name, { value, sensitive }]);
  expect(apply(config, provider, {}).outputs).toEqual(Object.fromEntries(expected));
});

describe("the orders pipeline", () => {
  const config = ordersConfig("dev") as unknown as TerraformConfig;
  /** Attributes beyond id and ARN that AWS computes. */
  const computed: Readonly<Record<string, readonly string[]>> = {
    aws_api_gateway_rest_api: ["root_resource_id", "execution_arn"],
    aws_api_gateway_stage: ["invoke_url"],
    aws_dynamodb_table: ["stream_arn"],
    aws_kms_key: ["key_id"],
    aws_sqs_queue: ["url"],
  };

  function applyOrders(variables: Readonly<Record<string, string>>) {
    const provider = new FakeProvider();
    const create = provider.create.bind(provider);
    provider.create = (resource) => ({
      ...Object.fromEntries((computed[resource.type] ?? []).map((name) => [name, `${name}-of-${resource.address}`])),
      ...create(resource),
    });
    return { ...apply(config, provider, variables), asked: provider.asked };
  }

  test("every resource is created once, after all that its configuration names", () => {
    const { asked, resources } = applyOrders({
      notification_email: "orders@example.com",
      alarm_email: "a@example.com",
    });
    const position = new Map(asked.map(({ address }, index) => [address.replace("[0]", ""), index]));
    const declared = Object.entries({ ...(config.resource as Record<string, Record<string, unknown>>) }).flatMap(
      ([type, byName]) =>
        Object.entries(byName).map(([name, body]) => [`${type}.${name}`, JSON.stringify(body)] as const),
    );
    expect(resources).toHaveLength(declared.length);
    const pairs = declared.flatMap(([address, body]) =>
      [...body.matchAll(/\b(?:data\.)?aws_\w+\.\w+/g)].map(([named]) => [address, named] as const),
    );
    expect(pairs.length).toBeGreaterThan(100);
    const late = pairs.filter(([address, named]) => (position.get(named) ?? 1e9) >= (position.get(address) ?? -1));
    expect(late).toEqual([]);
  });

  test("no interpolation is left, and mapping templates stand as API Gateway gets them", () => {
    const { resources, outputs } = applyOrders({});
    expect(JSON.stringify([resources, outputs])).not.toContain("${");
    const integration = resources.find(({ type }) => type === "aws_api_gateway_integration");
    expect(integration?.attributes).toMatchObject({
      uri: "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/dev-POC-Queue",
      credentials: "arn-of-aws_iam_role.ApiGatewaySqs",
    });
    expect(outputs.orders_url?.value).toBe("invoke_url-of-aws_api_gateway_stage.Api_Stage/orders");
  });

  test.each([
    [{}, []],
    [{ notification_email: "", alarm_email: "" }, []],
    [{ notification_email: "orders@example.com" }, ["aws_sns_topic_subscription.NotificationEmail[0]"]],
  ])("variables %j subscribe %j", (variables, addresses) => {
    const { resources } = applyOrders(variables);
    const subscriptions = resources.filter(({ type }) => type === "aws_sns_topic_subscription");
    expect(subscriptions.map(({ address }) => address)).toEqual(addresses);
  });

  test.each(["nobody", "a b@example.com", "a@b@c"])("the address %s is refused", (address) => {
    expect(() => applyOrders({ notification_email: address })).toThrow(
      "notification_email must be an e-mail address, or empty for no subscription.",
    );
  });
});
