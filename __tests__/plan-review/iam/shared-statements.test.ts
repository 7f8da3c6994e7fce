import { comparePolicies } from "../../../plan-review/iam/compare";
import { allow, policy } from "./policies";

const read = allow({ Action: "s3:GetObject", Resource: "arn:aws:s3:::a/*" });
const list = allow({ Action: "s3:ListBucket", Resource: "arn:aws:s3:::a" });
const write = allow({ Action: "s3:PutObject", Resource: "arn:aws:s3:::a/*" });

describe("statements that both policies have", () => {
  test("a faulty one between them is named by its place in the whole policy", () => {
    const { change, reasons } = comparePolicies(
      JSON.stringify(policy(read, write, list)),
      JSON.stringify(policy(read, { ...write, Effect: "Permit" as "Allow" }, list)),
      "identity",
    );
    expect(change).toBe("UNKNOWN");
    expect(reasons).toEqual([
      "the policy as it will be cannot be read: Statement 1 of a policy must have the Effect Allow or Deny, got: Permit",
    ]);
  });

  test("one that comes between them is all that changes, and so is one that goes", () => {
    const [few, more] = [JSON.stringify(policy(read, list)), JSON.stringify(policy(read, write, list))];
    expect(comparePolicies(few, more, "identity").statements).toMatchObject([
      { change: "ADDED", actions: ["s3:PutObject"] },
    ]);
    expect(comparePolicies(more, few, "identity").statements).toMatchObject([
      { change: "REMOVED", actions: ["s3:PutObject"] },
    ]);
  });

  test("the same ones mean something else in a policy whose version does not read variables", () => {
    const own = allow({ Action: "s3:GetObject", Resource: "arn:aws:s3:::a/${aws:username}" });
    const now = policy(own);
    const old = { ...now, Version: "2008-10-17" };
    expect(comparePolicies(JSON.stringify(old), JSON.stringify(now), "identity").change).not.toBe("NONE");
  });

  test("one that covers what comes is looked at, too", () => {
    const all = allow({ Action: "s3:*", Resource: "*" });
    expect(comparePolicies(JSON.stringify(policy(all)), JSON.stringify(policy(all, write)), "identity").change).toBe(
      "NONE",
    );
  });
});
