import { comparePolicies } from "../../../plan-review/iam/compare";
import { account, allow, bothWays, compare, deny, policy, trust } from "./policies";

const queue = "${aws_sqs_queue.orders.arn}";
const bucket = "${aws_s3_bucket.photos.arn}";

const broadens = ["BROADENED", "NARROWED"];
const same = ["NONE", "NONE"];
const trades = ["BROADENED", "BROADENED"];
const unknown = ["UNKNOWN", "UNKNOWN"];

const on = (...Resource: readonly string[]) => allow({ Resource });

describe("what is known only after apply", () => {
  test("is equal to itself", () => {
    expect(bothWays(on(queue), on(queue, queue))).toEqual(same);
    expect(bothWays(on(`${bucket}/a`, `${bucket}/*`), on(`${bucket}/*`))).toEqual(same);
    expect(bothWays(on(queue, "*"), on("*"))).toEqual(same);
  });

  test.each([
    ["everything", queue, ["*"]],
    ["all objects of a bucket for those of a folder", `${bucket}/a/*`, [`${bucket}/*`]],
    ["any region for an unknown one", `arn:aws:sqs:\${var.region}:${account}:q`, [`arn:aws:sqs:*:${account}:q`]],
    ["any name for an unknown one", "arn:aws:s3:::${var.name}/x", ["arn:aws:s3:::*/x"]],
  ])("%s broadens", (_, before, after) => {
    expect(bothWays(on(before), on(...after))[0]).toBe("BROADENED");
    expect(compare(on(before), on(...after)).gains).toBe(true);
  });

  test("is narrowed where the rest of it is", () => {
    expect(bothWays(on("arn:aws:s3:::${var.name}/x"), on("arn:aws:s3:::*/x"))).toEqual(broadens);
    expect(bothWays(on(queue), on("*"))).toEqual(broadens);
  });

  test("a bucket is not its objects", () => {
    expect(bothWays(on(bucket), on(`${bucket}/*`))).toEqual(trades);
  });

  test("ARNs of two resources of a type, or of two services, are two", () => {
    expect(bothWays(on(queue), on("${aws_sqs_queue.failed.arn}"))).toEqual(trades);
    expect(bothWays(on(queue), on("${aws_sns_topic.orders.arn}"))).toEqual(trades);
    expect(bothWays(on(queue), on("${module.a.aws_sqs_queue.orders.arn}"))).toEqual(trades);
    expect(bothWays(on("${aws_sqs_queue.q[0].arn}"), on("${aws_sqs_queue.q[1].arn}"))).toEqual(trades);
  });

  test("other values may be the same, or be what is written elsewhere", () => {
    expect(bothWays(on("${var.one}"), on("${var.two}"))).toEqual(unknown);
    expect(bothWays(on("${aws_lambda_function.f.arn}"), on("${aws_lambda_alias.live.arn}"))).toEqual(unknown);
    expect(bothWays(on("${data.aws_sqs_queue.a.arn}"), on("${data.aws_sqs_queue.b.arn}"))).toEqual(unknown);
    expect(bothWays(on(queue), on("arn:aws:sqs:eu-west-1:111122223333:orders"))).toEqual(unknown);
    expect(bothWays(on(queue), on(queue, "arn:aws:sqs:eu-west-1:111122223333:orders"))).toEqual(unknown);
  });

  test("is any ARN to a wildcard: more is gained for sure, and whether that is lost is open", () => {
    expect(compare(on(queue), on("arn:aws:sqs:*:*:*"))).toMatchObject({
      change: "BROADENED",
      gains: true,
      losses: "unknown",
    });
    expect(compare(on("arn:aws:sqs:*:*:*"), on(queue))).toMatchObject({
      change: "UNKNOWN",
      gains: "unknown",
      losses: true,
    });
  });

  test("an unknown value of a Deny, and of an exception", () => {
    expect(bothWays([on("*"), deny({ Resource: queue })], on("*"))).toEqual(broadens);
    expect(bothWays([on("*"), deny({ Resource: queue })], [on("*"), deny({ Resource: "${var.queue}" })])).toEqual(
      unknown,
    );
    expect(bothWays(allow({ NotResource: [queue, bucket] }), allow({ NotResource: queue }))).toEqual(broadens);
    expect(bothWays(allow({ NotResource: queue }), on("arn:aws:sqs:eu-west-1:111122223333:x"))[0]).toBe("UNKNOWN");
  });

  test("principals", () => {
    const role = "${aws_iam_role.sender.arn}";
    expect(bothWays(trust({ AWS: role }), trust({ AWS: [role, role] }), "trust")).toEqual(same);
    expect(bothWays(trust({ AWS: role }), trust({ AWS: "*" }), "trust")).toEqual(broadens);
    expect(compare(trust({ AWS: role }), trust({ AWS: account }), "trust")).toMatchObject({
      change: "BROADENED",
      losses: "unknown",
    });
    expect(bothWays(trust({ AWS: "${var.who}" }), trust({ AWS: account }), "trust")).toEqual(unknown);
    expect(bothWays(trust({ AWS: role }), trust({ AWS: "${aws_iam_role.reader.arn}" }), "trust")).toEqual(trades);
    expect(bothWays(trust({ AWS: role }), trust({ AWS: `arn:aws:iam::${account}:role/x` }), "trust")).toEqual(unknown);
    const root = (id: string) => trust({ AWS: `arn:aws:iam::${id}:root` });
    expect(
      bothWays(
        root("${data.aws_caller_identity.me.account_id}"),
        root("${data.aws_caller_identity.me.account_id}"),
        "trust",
      ),
    ).toEqual(same);
    expect(bothWays(root("${var.account}"), root(account), "trust")).toEqual(unknown);
  });

  test("values of conditions", () => {
    const from = (operator: string, ...values: readonly string[]) =>
      allow({ Condition: { [operator]: { "aws:SourceArn": values } } });
    expect(bothWays(from("ArnEquals", queue), from("ArnLike", queue))).toEqual(same);
    expect(bothWays(from("ArnEquals", queue), allow())).toEqual(broadens);
    expect(bothWays(from("ArnEquals", queue), from("ArnEquals", "${var.source}"))).toEqual(unknown);
    const ip = (...values: readonly string[]) => allow({ Condition: { IpAddress: { "aws:SourceIp": values } } });
    expect(bothWays(ip("${var.office}"), ip("${var.office}", "10.0.0.0/8"))[0]).toBe("UNKNOWN");
    expect(bothWays(ip("${var.office}"), allow())).toEqual(broadens);
    expect(bothWays({ ...ip("${var.office}"), Action: "s3:*" }, ip("${var.office}"))).toEqual([
      "NARROWED",
      "BROADENED",
    ]);
  });

  test("unknown actions", () => {
    expect(bothWays(allow({ Action: "${var.Action}" }), allow({ Action: "*" }))).toEqual(broadens);
    expect(bothWays(allow({ Action: "${var.Action}" }), allow({ Action: "s3:GetObject" }))).toEqual(unknown);
  });
});

describe("policy variables", () => {
  const own = "arn:aws:s3:::home/${aws:username}/*";

  test("are whatever the request brings: one user's folder is not everybody's", () => {
    expect(bothWays(on(own), on("arn:aws:s3:::home/*"))).toEqual(broadens);
    expect(bothWays(on(own), on("arn:aws:s3:::home/bob/*"))).toEqual(trades);
    expect(bothWays(on(own), on("arn:aws:s3:::home/${aws:userid}/*"))).toEqual(trades);
    expect(bothWays(on(own), on("arn:aws:s3:::home/${AWS:UserName}/*"))).toEqual(same);
  });

  test("without a value they make their statement void", () => {
    const named = allow({ NotResource: own, Condition: { Null: { "aws:username": "false" } } });
    expect(bothWays(allow({ NotResource: own }), named)).toEqual(same);
    expect(bothWays(on(own), on("arn:aws:s3:::home/${aws:username, 'nobody'}/*"))).toEqual(trades);
  });

  test("are text before version 2012-10-17, and a document without a version is of 2008-10-17", () => {
    const of = (Version: string | undefined, resource: string) => ({ Version, Statement: [on(resource)] });
    const changes = (one: ReturnType<typeof of>, two: ReturnType<typeof of>) => [
      comparePolicies(one, two, "identity").change,
      comparePolicies(two, one, "identity").change,
    ];
    expect(changes(of("2008-10-17", own), of("2012-10-17", own))).toEqual(trades);
    expect(changes(of(undefined, own), of("2012-10-17", own))).toEqual(trades);
    expect(changes(of(undefined, own), of("2008-10-17", own))).toEqual(same);
    expect(changes(of(undefined, "arn:aws:s3:::home/*"), of("2012-10-17", "arn:aws:s3:::home/*"))).toEqual(same);
    expect(changes(of(undefined, queue), of("2012-10-17", queue))).toEqual(same);
    expect(compare({ Version: "2008-10-17", Statement: [on(own)] }, policy(on(own))).statements[0]?.why).toBe(
      "variables such as ${aws:username} are read now",
    );
  });

  test("the characters that are written as variables", () => {
    expect(bothWays(on("arn:aws:s3:::a/${*}"), on("arn:aws:s3:::a/*"))).toEqual(broadens);
    expect(bothWays(on("arn:aws:s3:::a/${?}"), on("arn:aws:s3:::a/?"))).toEqual(broadens);
  });
});
