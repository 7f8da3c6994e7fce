import type { Cloud, RunningStack } from "../cloud";
import type { Call } from "./caller";
import { expectStatus } from "./signed-request";

interface PresignedUrl {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: string;
}

/** Uploads a file by one URL and downloads it by another, straight from the bucket; gives a line for each. */
export async function walkPresignedUrl(_: Cloud, { outputs }: RunningStack, call: Call): Promise<readonly string[]> {
  const ask = async (query: string): Promise<PresignedUrl> => {
    const url = `${outputs.presigned_url_url?.value}?${query}`;
    const answer = await call({ method: "GET", url });
    return JSON.parse(expectStatus(answer, 200, `GET /presigned-url?${query}`).body) as PresignedUrl;
  };
  const file = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

  const upload = await ask("operation=upload&fileKey=walk.bin");
  const put = await fetch(upload.url, { method: upload.method, headers: upload.headers, body: file });
  if (put.status !== 200) throw new Error(`${upload.method} by the URL should give 200, got: ${await put.text()}`);
  const download = await ask("operation=download&fileKey=walk.bin");
  const got = await fetch(download.url, { headers: download.headers });
  const bytes = Buffer.from(await got.arrayBuffer());
  if (!bytes.equals(file)) throw new Error(`the download should give what was uploaded, got: ${got.status}`);
  return [
    `  GET /presigned-url?operation=upload&fileKey=walk.bin  200, ${upload.method} by it ${put.status}`,
    `  GET /presigned-url?operation=download&fileKey=walk.bin  200, GET by it ${got.status}, the same ${bytes.length} bytes`,
  ];
}
