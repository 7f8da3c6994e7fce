import { ApiGatewayAccountStack, accountsOf } from "../../stacks/api-gateway-account";
import { policiesOf } from "../support/policies";
import { environmentOf, only, readConfig, synthesizeApp } from "../support/synth";

const backend = { type: "local", attributes: {} } as const;

test("sets the logging role of the Region, once the role can write logs", () => {
  const outdir = synthesizeApp((app) => {
    new ApiGatewayAccountStack(app, "account", { region: "eu-west-1", accountId: "123456789012", backend });
  });
  const config = readConfig(outdir, "account");
  expect(config.provider.aws[0]?.allowed_account_ids).toEqual(["123456789012"]);
  expect(config.output?.cloudwatch_role_arn?.value).toBe("${aws_iam_role.Account_Role.arn}");
  expect(only(config, "aws_iam_role").name).toBe("APIGateway-CloudWatchLogs-eu-west-1");
  expect(policiesOf(config, "Account_Role")).toEqual({ AmazonAPIGatewayPushToCloudWatchLogs: "AWS managed" });
  expect(only(config, "aws_api_gateway_account")).toMatchObject({
    cloudwatch_role_arn: "${aws_iam_role.Account_Role.arn}",
    depends_on: ["aws_iam_role_policy_attachment.Account_Role_PushToCloudWatchLogs"],
  });
});

test("is one for an account and Region, whatever the environments in it", () => {
  const environments = [
    environmentOf("dev"),
    environmentOf("prod"),
    environmentOf("dev", { region: "us-east-1" }),
    environmentOf("prod", { accountId: "123456789012" }),
  ];
  expect([...accountsOf(environments)]).toEqual([
    ["api-gateway-account-eu-west-1", { region: "eu-west-1", accountId: undefined }],
    ["api-gateway-account-us-east-1", { region: "us-east-1", accountId: undefined }],
    ["api-gateway-account-123456789012-eu-west-1", { region: "eu-west-1", accountId: "123456789012" }],
  ]);
});
