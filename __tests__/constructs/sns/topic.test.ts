import { Key } from "../../../constructs/kms/key";
import { EmailSubscription } from "../../../constructs/sns/email-subscription";
import { Topic } from "../../../constructs/sns/topic";
import { only, synthesize } from "../../support/synth";

const config = synthesize((stack) => {
  const topic = new Topic(stack, "Topic", { topicName: "news" });
  new EmailSubscription(stack, "Mail", { topic, variableName: "news_email", description: "Reader" });
});

test("is encrypted with AWS's key, or with one that services may use", () => {
  expect(only(config, "aws_sns_topic").kms_master_key_id).toBe("alias/aws/sns");
  const withKey = synthesize((stack) => {
    const encryptionKey = new Key(stack, "Key", { description: "k", services: ["cloudwatch.amazonaws.com"] });
    new Topic(stack, "Topic", { topicName: "news", encryptionKey });
  });
  expect(only(withKey, "aws_sns_topic").kms_master_key_id).toBe("${aws_kms_key.Key.arn}");
  const account = "${data.aws_caller_identity.CallerIdentity.account_id}";
  expect(only(withKey, "aws_kms_key").enable_key_rotation).toBe(true);
  expect(JSON.parse(only(withKey, "aws_kms_key").policy).Statement).toEqual([
    {
      Sid: "Administration",
      Effect: "Allow",
      Principal: { AWS: `arn:\${data.aws_partition.Partition.partition}:iam::${account}:root` },
      Action: "kms:*",
      Resource: "*",
    },
    {
      Sid: "Services",
      Effect: "Allow",
      Principal: { Service: ["cloudwatch.amazonaws.com"] },
      Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
      Resource: "*",
      Condition: { StringEquals: { "aws:SourceAccount": account } },
    },
  ]);
});

test("mails nobody until the variable holds an address", () => {
  expect(config.variable?.news_email).toMatchObject({ type: "string", default: "", nullable: false });
  expect(only(config, "aws_sns_topic_subscription")).toMatchObject({
    protocol: "email",
    endpoint: "${var.news_email}",
    count: '${var.news_email == "" ? 0 : 1}',
  });
});

test.each(["n", "n".repeat(256)])("takes the name %s", (topicName) => {
  const named = synthesize((stack) => new Topic(stack, "Topic", { topicName }));
  expect(only(named, "aws_sns_topic").name).toBe(topicName);
});

test.each(["", "n".repeat(257), "a.fifo"])("refuses the name %j", (topicName) => {
  expect(() => synthesize((stack) => new Topic(stack, "Topic", { topicName }))).toThrow(
    `topicName must be 1–256 letters, digits, - and _, got: "${topicName}" (in test/Topic)`,
  );
});
