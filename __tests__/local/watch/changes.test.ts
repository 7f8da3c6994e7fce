import type { StackChange } from "../../../local/cloud";
import { describeChanges } from "../../../local/watch/changes";

const change = (address: string, action: StackChange["action"], ...changed: string[]): StackChange => ({
  stack: "orders-dev",
  address,
  action,
  changed,
});

test.each<[string, readonly StackChange[], string]>([
  ["nothing", [], "nothing that runs has changed"],
  [
    "code, which shows by two arguments",
    [change("aws_lambda_function.WriteOrder", "updated", "filename", "source_code_hash")],
    "aws_lambda_function.WriteOrder (code) in orders-dev",
  ],
  [
    "what came and went",
    [change("aws_a.One", "created"), change("aws_a.Two", "deleted"), change("aws_a.Three", "replaced", "name")],
    "aws_a.One (created), aws_a.Two (deleted), aws_a.Three (replaced: name) in orders-dev",
  ],
  [
    "stacks",
    [change("aws_a.One", "created"), { ...change("aws_a.Two", "created"), stack: "storage-dev" }],
    "aws_a.One (created) in orders-dev; aws_a.Two (created) in storage-dev",
  ],
  [
    "more than one wants to read",
    Array.from({ length: 8 }, (_, index) => change(`aws_a.R${index}`, "created")),
    "aws_a.R0 (created), aws_a.R1 (created), aws_a.R2 (created), aws_a.R3 (created), aws_a.R4 (created), aws_a.R5 (created) and 2 more in orders-dev",
  ],
])("says of %s in one line", (_, changes, line) => {
  expect(describeChanges(changes)).toBe(line);
});
