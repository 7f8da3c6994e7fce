import type { APIGatewayProxyResult } from "aws-lambda";

/** What RFC 9457 has in a problem, as these handlers write it. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly message?: string;
  readonly errors?: readonly { readonly field: string; readonly rule: string }[];
}

/** The problem in an answer, whose shape is checked on the way. */
export function problemIn({ statusCode, headers, body }: APIGatewayProxyResult): ProblemBody {
  expect(headers?.["content-type"]).toBe("application/problem+json");
  const problem = JSON.parse(body) as ProblemBody;
  expect(problem).toMatchObject({ type: "about:blank", title: expect.any(String), status: statusCode });
  expect(problem.detail).toMatch(/\S/);
  return problem;
}

/** The rules that an answer says are broken, by field. */
export function brokenRules(result: APIGatewayProxyResult): Record<string, string> {
  const { status, errors = [] } = problemIn(result);
  expect(status).toBe(400);
  return Object.fromEntries(errors.map(({ field, rule }) => [field, rule]));
}
