import { text } from "../../../plan-review/formats/text";
import { finding, gateReached, iamBroadened, many, ordinary, passed, review } from "./reviews";

const linesOf = (printed: string) => printed.trimEnd().split("\n");

it("says the verdict first, then sections in their order, and the exit code's reason last", () => {
  const lines = linesOf(text(ordinary(), { ...gateReached, source: "orders.json" }));
  expect(lines.slice(0, 2)).toEqual([
    "Plan review of orders.json: 1 critical, 2 high, 1 medium, 1 low",
    "COMPLETE · 1 to replace, 1 to update",
  ]);
  expect(lines.filter((line) => /^[A-Z]{3}/.test(line)).slice(1)).toEqual([
    "DATA LOSS  1 critical",
    "IAM  1 high",
    "DELIVERY INTERRUPTED  1 high",
    "COST DIRECTION  1 medium",
    "OTHER UPDATES  1 low",
  ]);
  expect(lines.at(-2)).toContain("Exit code 3: 1 open finding is critical (--fail-on critical)");
});

it("shows a finding as severity, construct, title, and details beneath with address and fingerprint", () => {
  const one = finding({
    constructPath: "orders-dev/Orders/Table",
    address: "aws_dynamodb_table.Orders",
    fingerprint: "00c0ffee00c0ffee",
  });
  expect(text(review({ findings: [one] }), gateReached)).toContain(
    [
      "  CRITICAL  orders-dev/Orders/Table: table is replaced: all its items are lost",
      '            hash_key "orderID" → "id" forces the replacement',
      "            aws_dynamodb_table.Orders · fingerprint 00c0ffee00c0ffee",
    ].join("\n"),
  );
});

it("shows a statement as who, effect, actions, resources and conditions, what widens access first", () => {
  const printed = text(review({ findings: [iamBroadened()] }), passed).replace(/\n +/g, " ");
  expect(printed).toContain(
    "BROADENED Allow aws_iam_role.Writer_Role_1A to do dynamodb:* on ${aws_dynamodb_table.Orders.arn} if StringEquals aws:SourceVpce = vpce-1a2b3c4d and Bool aws:SecureTransport = true (action dynamodb:PutItem became dynamodb:*)",
  );
  expect(printed.indexOf("BROADENED")).toBeLessThan(printed.indexOf("NARROWED"));
});

it("names principals where a policy has them, and says how many values it leaves out", () => {
  const base = iamBroadened();
  const statement = {
    change: "ADDED",
    effect: "Deny",
    who: "arn:aws:iam::111122223333:root",
    actions: Array.from({ length: 30 }, (_, at) => `s3:Action${at}`),
    resources: ["*"],
    conditions: [],
    why: "",
  } as const;
  const printed = text(
    review({
      findings: [
        { ...base, iam: { change: "ADDED", who: "aws_s3_bucket.b", statements: [statement] } },
        ...many(40).findings,
      ],
    }),
    passed,
  );
  expect(printed.replace(/\n +/g, " ")).toMatch(
    /ADDED Deny arn:aws:iam::111122223333:root to do s3:Action0, .*s3:Action3 and 26 more on \* aws/,
  );
});

it("says that nothing was found", () => {
  const counts = { create: 0, update: 0, replace: 0, delete: 0, forget: 0, read: 0, noOp: 0, import: 0, move: 0 };
  expect(text(review({ counts, hidden: { driftNoise: 0, unchanged: 0 } }), passed)).toBe(
    "Plan review of plan.json: no findings\nCOMPLETE · no resource changes\n\nExit code 0: no open finding is critical (--fail-on critical).\n",
  );
});

it("says why a review is incomplete, also where the exit code is 0", () => {
  const incomplete = review({
    isComplete: false,
    incompleteReasons: ["the plan errored"],
    notes: ["judged from configuration alone"],
  });
  const printed = text(incomplete, passed);
  expect(printed).toContain(
    "INCOMPLETE · 1 to replace, 1 to update\n  - the plan errored\nNote: judged from configuration alone\n",
  );
  expect(printed).toContain("the review is incomplete");
  expect(text(incomplete, { exit: { code: 4, failOn: "critical" } })).toContain(
    "Exit code 4: the review is incomplete",
  );
});

it("shows an accepted finding last, with reason and expiry, and does not count it", () => {
  const accepted = finding({
    accepted: { reason: "data was copied", expires: "2030-01-31" },
    address: "aws_dynamodb_table.Old",
  });
  const printed = text(review({ findings: [accepted, finding()] }), { exit: { code: 3, failOn: "high" } });
  expect(printed).toContain("Plan review of plan.json: 1 critical, 1 accepted\n");
  expect(printed).toContain("            accepted until 2030-01-31: data was copied\n");
  expect(printed.indexOf("aws_dynamodb_table.Old")).toBeGreaterThan(printed.indexOf("fingerprint"));
  expect(printed.replace(/\n +/g, " ")).toContain("1 accepted finding of that severity does not count");
});

it("tells in the verdict where the worst ones are", () => {
  expect(text(many(40), gateReached)).toContain("\nCritical: Data loss 5, Public exposure 5\n");
});

it.each([
  [1, 20],
  [40, 100],
  [400, 100],
  [5_000, 100],
])("shows %i findings in at most %i lines of at most 100 columns", (count, maximum) => {
  const lines = linesOf(text(many(count), gateReached));
  expect(lines.length).toBeLessThanOrEqual(maximum);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

it("folds findings that are alike, says how many and what shows all, and never folds one severity into another", () => {
  const alike = Array.from({ length: 60 }, (_, at) =>
    finding({ severity: at < 1 ? "critical" : "low", address: `aws_sqs_queue.Queue${at}` }),
  );
  const printed = text(review({ findings: alike }), gateReached);
  expect(printed).toMatch(/… and \d+ more like it: aws_sqs_queue\.Queue\d+, /);
  expect(printed).toContain("--format html or json has it all");
  expect(printed).toContain("CRITICAL  aws_sqs_queue.Queue0:");
});

it("folds nothing where two more lines would show it", () => {
  const printed = text(review({ findings: Array.from({ length: 9 }, () => finding()) }), gateReached);
  expect(printed.match(/CRITICAL {2}/g)).toHaveLength(9);
  expect(printed).not.toContain("more like it");
});

it.each([
  [20, 80],
  [90, 90],
  [300, 100],
])("wraps at a terminal's %i columns as at %i", (columns, expected) => {
  const long = finding({ title: "word ".repeat(60).trim() });
  const widths = linesOf(text(review({ findings: [long] }), { ...gateReached, columns })).map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(expected);
  expect(Math.max(...widths)).toBeGreaterThan(expected - 6);
});

it("uses colours only where it may, and says the same without", () => {
  const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
  const plain = text(ordinary(), gateReached);
  expect(plain).not.toMatch(escapes);
  const review = ordinary();
  expect(text(review, { ...gateReached, hasColor: true })).toMatch(escapes);
  expect(text(review, { ...gateReached, hasColor: true }).replace(escapes, "")).toBe(text(review, gateReached));
});
