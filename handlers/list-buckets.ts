import { Logger } from "@aws-lambda-powertools/logger";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { type Answer, endpoint } from "./http/endpoint";
import { readQuery } from "./http/query";
import type { Request } from "./http/request";
import { askForPage, readPage } from "./storage/page";

const logger = new Logger({ serviceName: "list-buckets" });
const s3 = new S3Client({});

/** Lists the account's buckets of all Regions, in the order of their names. */
async function listBuckets(request: Request): Promise<Answer> {
  const { limit, cursor } = readPage(readQuery(request, ["limit", "cursor"]));
  const command = new ListBucketsCommand({ MaxBuckets: limit, ContinuationToken: cursor });
  const page = await askForPage(cursor, () => s3.send(command, { abortSignal: request.signal }));
  const buckets = (page.Buckets ?? []).map(({ Name, CreationDate, BucketRegion }) => ({
    name: Name,
    createdAt: CreationDate,
    region: BucketRegion,
  }));
  return { status: 200, json: { buckets, cursor: page.ContinuationToken } };
}

/** `GET /buckets?limit=&cursor=` */
export const handler = endpoint(logger, listBuckets);
