import { LambdaIntegration } from "../../../constructs/apigateway/integrations/lambda";
import { functionOf, gatewayRole, synthesizeApi } from "../../support/api";
import { policiesOf } from "../../support/policies";
import { countOf, only } from "../../support/synth";

const config = synthesizeApi((api, stack) => {
  const handler = functionOf(stack, "WriteOrder");
  api.addRoute("DELETE", "/a", new LambdaIntegration({ handler, role: gatewayRole(stack, "Invoker") }));
});

test("passes requests to the function whole, invoked by POST under the role", () => {
  const { "//": _, ...integration } = only(config, "aws_api_gateway_integration");
  expect(integration).toEqual({
    rest_api_id: "${aws_api_gateway_rest_api.Api.id}",
    resource_id: "${aws_api_gateway_resource.Api_a.id}",
    http_method: "${aws_api_gateway_method.Api_a_DELETE.http_method}",
    type: "AWS_PROXY",
    integration_http_method: "POST",
    uri: "${aws_lambda_function.WriteOrder.invoke_arn}",
    credentials: "${aws_iam_role.Invoker.arn}",
    depends_on: ["aws_iam_role_policy.Invoker_InvokeWriteOrder"],
  });
  expect(countOf(config, "aws_api_gateway_integration_response")).toBe(0);
});

test("the role may invoke this one function and nothing else, and nobody else is let in", () => {
  expect(policiesOf(config, "Invoker")).toEqual({
    InvokeWriteOrder: [
      { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "${aws_lambda_function.WriteOrder.arn}" },
    ],
  });
  expect(countOf(config, "aws_lambda_permission")).toBe(0);
});
