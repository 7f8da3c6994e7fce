import { spawnSync } from "node:child_process";
import chromium from "@sparticuz/chromium";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** Unpacks Chromium and asks it for its version, at once, since a test is skipped before it runs. */
const unpack = `
import chromium from "@sparticuz/chromium";
import { spawnSync } from "node:child_process";
const file = await chromium.executablePath();
const { status, error, stderr } = spawnSync(file, ["--version"], { encoding: "utf8" });
if (status !== 0) throw error ?? new Error(stderr);
process.stdout.write(file);`;

const { stdout: executablePath, stderr: problem } =
  process.platform === "linux"
    ? spawnSync(process.execPath, ["--input-type=module", "-e", unpack], { encoding: "utf8" })
    : { stdout: "", stderr: "its package is for Linux" };

let browser: Browser | undefined;

beforeAll(async () => {
  if (!executablePath) return;
  browser = await puppeteer.launch({ args: chromium.args, executablePath, headless: "shell" });
});

afterAll(() => browser?.close());

/** A test in headless Chromium, with a page of its own; where that does not start, a skipped one whose title says why. */
export function testInBrowser(title: string, run: (page: Page) => Promise<void>): void {
  if (!executablePath) {
    test.skip(`${title} (skipped: Chromium does not start on this machine: ${/Error: .*/.exec(problem)?.[0] ?? problem})`, () =>
      undefined);
    return;
  }
  test(title, async () => {
    const page = await (browser as Browser).newPage();
    try {
      await run(page);
    } finally {
      await page.close();
    }
  });
}
