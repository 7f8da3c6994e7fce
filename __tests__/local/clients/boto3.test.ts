import type { Cloud } from "../../../local/cloud";
import { LocalStack } from "../../support/local-stack";
import { python, testWithPython } from "../../support/python-clients";
import { systemFolder } from "../../support/synth";

const stacks = [new LocalStack(systemFolder("storage", "dev")), new LocalStack(systemFolder("orders", "dev"))];

let storage: Cloud;
let orders: Cloud;
beforeAll(async () => {
  [storage, orders] = (await Promise.all(stacks.map((stack) => stack.start()))) as [Cloud, Cloud];
});
afterAll(() => Promise.all(stacks.map((stack) => stack.stopAll())));

/** What a program prints last, as JSON. */
async function run(cloud: Cloud, program: string): Promise<unknown> {
  const { code, stdout, stderr } = await python(cloud, ["-c", `import boto3, io, json\n${program}`]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("boto3", () => {
  testWithPython("puts, copies, lists and deletes objects, and presigns URLs by version 4", async () => {
    const program = `
import urllib.request
from botocore.config import Config
s3 = boto3.client("s3")
bucket = "dev-storage-123456789012-eu-west-1"
s3.upload_fileobj(io.BytesIO(b"x" * 9_000_000), bucket, "big")
s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copy")
for algorithm in ("CRC32", "SHA1", "SHA256"):
    s3.put_object(Bucket=bucket, Key=algorithm, Body=b"y", ChecksumAlgorithm=algorithm)
back = io.BytesIO()
s3.download_fileobj(bucket, "copy", back)
presigner = boto3.client("s3", config=Config(signature_version="s3v4"))
url = presigner.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "SHA1"})
pages = s3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
listed = [[one["Key"] for one in page["Contents"]] for page in pages]
fetched = urllib.request.urlopen(url).read().decode()
versions = boto3.resource("s3").Bucket(bucket).object_versions.delete()
print(json.dumps([len(back.getvalue()), fetched, listed, len(versions[0]["Deleted"])]))
`;
    const keys = [["CRC32", "SHA1"], ["SHA256", "big"], ["copy"]];
    expect(await run(storage, program)).toEqual([9_000_000, "y", keys, 5]);
  });

  testWithPython("writes and reads a table, in batches too, and its stream", async () => {
    const program = `
dynamodb = boto3.client("dynamodb")
table = boto3.resource("dynamodb").Table("dev-orders")
with table.batch_writer() as batch:
    for number in range(30):
        batch.put_item(Item={"orderID": f"o{number}", "number": number})
keys = [{"orderID": {"S": "o1"}}, {"orderID": {"S": "o2"}}]
found = dynamodb.batch_get_item(RequestItems={"dev-orders": {"Keys": keys}})["Responses"]["dev-orders"]
together = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "dev-orders", "Key": key}} for key in keys])
pages = dynamodb.get_paginator("scan").paginate(TableName="dev-orders", PaginationConfig={"PageSize": 7})
count = sum(page["Count"] for page in pages)
streams = boto3.client("dynamodbstreams")
stream = streams.list_streams(TableName="dev-orders")["Streams"][0]["StreamArn"]
shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
records = streams.get_records(ShardIterator=iterator)["Records"]
expiry = dynamodb.describe_time_to_live(TableName="dev-orders")["TimeToLiveDescription"]["TimeToLiveStatus"]
print(json.dumps([len(found), len(together["Responses"]), count, len(records), expiry]))
`;
    expect(await run(orders, program)).toEqual([2, 2, 30, 30, "DISABLED"]);
  });

  testWithPython("publishes, works a queue and pages through logs", async () => {
    const program = `
sns, sqs, logs = (boto3.client(name) for name in ("sns", "sqs", "logs"))
topic = [one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith("notifications")][0]
sns.publish(TopicArn=topic, Message="tea", Subject="s")
queue = sqs.get_queue_url(QueueName="dev-POC-Queue-DLQ")["QueueUrl"]
sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": one, "MessageBody": one} for one in "abc"])
received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2})
groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
print(json.dumps([[one["Body"] for one in received], "/aws/lambda/dev-write-order" in groups]))
`;
    expect(await run(orders, program)).toEqual([["a", "b", "c"], true]);
  });
});
