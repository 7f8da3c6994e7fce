import { markdown } from "../../../plan-review/formats/markdown";
import { finding, gateReached, many, ordinary, passed, review } from "./reviews";

it("begins with a hidden line by which the comment is found again, another for each plan", () => {
  const marker = (source?: string) => markdown(review(), { ...passed, source }).split("\n")[0];
  expect(marker()).toBe("<!-- plan-review:plan.json -->");
  expect(marker("prod/plan.json")).toBe("<!-- plan-review:prod%2Fplan.json -->");
  expect(marker("/home/me/x--y>z.json")).toBe("<!-- plan-review:x-%2Dy%3Ez.json -->");
});

it("leaves the sections up to IAM open and folds the others", () => {
  const printed = markdown(many(9), gateReached);
  expect(printed.match(/^### .*$/gm)).toEqual([
    "### Can't be judged: 1 high",
    "### Data loss: 1 critical",
    "### Public exposure: 1 critical",
    "### IAM: 1 high",
  ]);
  expect(printed.match(/<summary>[^<]*/g)).toEqual([
    "<summary>Delivery interrupted: 1 high",
    "<summary>Drift: 1 medium",
    "<summary>Cost direction: 1 medium",
    "<summary>Other updates: 1 low",
    "<summary>Housekeeping: 1 low",
  ]);
});

it("cuts nothing of an ordinary review", () => {
  const printed = markdown(ordinary(), gateReached);
  expect(printed).not.toContain("✂️");
  expect(printed).toContain(
    "- **BROADENED** Allow `aws_iam_role.Writer_Role_1A` to do `dynamodb:*` on `${aws_dynamodb_table.Orders.arn}` if `StringEquals aws:SourceVpce = vpce-1a2b3c4d` and `Bool aws:SecureTransport = true`: action `dynamodb:PutItem` became `dynamodb:*`",
  );
  expect(printed).toContain("**Exit code 3**: 1 open finding is critical (--fail-on critical)");
});

it.each([
  ["40 findings", many(40)],
  ["5,000 findings", many(5_000)],
  [
    "names of four bytes a character",
    review({ findings: Array.from({ length: 900 }, () => finding({ title: "𒀀".repeat(300) })) }),
  ],
  [
    "findings of many long lines",
    review({ findings: Array.from({ length: 90 }, () => finding({ details: Array(40).fill("x_".repeat(300)) })) }),
  ],
  [
    "endless reasons and notes",
    review({
      isComplete: false,
      incompleteReasons: Array(3_000).fill("\u202e".repeat(300)),
      notes: Array(3_000).fill("\u202e".repeat(300)),
    }),
  ],
])("stays below 60,000 characters, even if bytes are meant: %s", (_, reviewed) => {
  expect(Buffer.byteLength(markdown(reviewed, { ...gateReached, source: "🚀".repeat(500) }))).toBeLessThan(60_000);
});

it("says exactly what it cut, of which section", () => {
  const reviewed = many(5_000);
  const printed = markdown(reviewed, gateReached);
  const shown = (section: string) => {
    const [, rest = ""] = printed.split(new RegExp(`^(?:### |<details><summary>)${section}:`, "m"));
    return (rest.split(/^(?:### |<\/details>)/m)[0]?.match(/^- (?:🔴|🟠|🟡|⚪)/gmu) ?? []).length;
  };
  for (const [section, total] of [
    ["Data loss", 556],
    ["IAM", 556],
    ["Drift", 555],
  ] as const) {
    const cut = Number(new RegExp(`^- ${section}: (\\d+) of ${total} findings cut`, "m").exec(printed)?.[1]);
    expect(cut + shown(section)).toBe(total);
  }
});

it("cuts no finding of the open sections while one of the folded is shown, and shows some of every open kind", () => {
  const printed = markdown(many(5_000), gateReached);
  for (const title of ["Can't be judged", "Data loss", "Public exposure", "IAM"]) {
    const [, rest = ""] = printed.split(`### ${title}: `);
    expect(rest.split("###")[0]).toMatch(/^- (?:🔴|🟠)/mu);
  }
  expect(printed.slice(printed.indexOf("<details>"))).not.toMatch(/^- (?:🔴|🟠|🟡|⚪)/mu);
});

it("cuts the folded sections first: the open ones stay whole", () => {
  const low = Array.from({ length: 2_000 }, () =>
    finding({ section: "updates", severity: "low", rule: "tags-changed" }),
  );
  const printed = markdown(
    review({ findings: [finding({ address: "aws_dynamodb_table.Only" }), ...low] }),
    gateReached,
  );
  expect(printed).toContain("`aws_dynamodb_table.Only`");
  expect(printed).toMatch(/\n\n- Other updates: [\d,]+ of 2,000 findings cut \([\d,]+ low\)[^\n]*\n\n/);
});
