import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { unzipSync } from "fflate";
import { type Bundle, bundle } from "../../../constructs/lambda/bundle";
import { scratchFolder } from "../../support/scratch-folder";

const home = process.cwd();

afterEach(() => process.chdir(home));

/** A project of its own, to bundle in, with the given files. */
function projectOf(files: Record<string, string>): string {
  const folder = scratchFolder("gatehouse test "); // a space: cdktf's own archiver writes to the wrong file there
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
  process.chdir(folder);
  return folder;
}

const only = (entry: string): Bundle => bundle([entry]).get(entry) as Bundle;
const bytesOf = ({ zipFile }: Bundle): Buffer => fs.readFileSync(zipFile);

describe("a zip", () => {
  test("holds index.js and nothing else, with a fixed date and mode", () => {
    projectOf({ "a.ts": "export const handler = async (): Promise<number> => 1;" });
    const zip = bytesOf(only("a.ts"));
    expect(Object.keys(unzipSync(zip))).toEqual(["index.js"]);
    const directory = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    expect(zip.readUInt8(directory + 5)).toBe(3); // made on Unix, or the mode would not count
    expect(zip.readUInt32LE(directory + 12)).toBe(((1 << 5) | 1) << 16); // 1980-01-01 00:00:00
    expect(zip.readUInt32LE(directory + 38) >>> 16).toBe(0o100644);
  });

  test("is made of what exports a handler, and of CommonJS, which says so when it runs", () => {
    projectOf({
      "a.ts": "export const hadler = () => 1; export const b = 2;",
      "b.ts": "exports.handler = () => 1;",
      "c.ts": "const run = () => 1; export { run as handler, run as another };",
    });
    expect(() => only("a.ts")).toThrow("a.ts must export handler, which Lambda calls, got: b, hadler");
    expect(fs.existsSync(".cache/bundles/index.json")).toBe(false);
    expect(() => bundle(["b.ts", "c.ts"])).not.toThrow();
  });

  test("runs, and says what it was told to", () => {
    projectOf({
      "a.ts": "import { b } from './b'; export const handler = async () => b;",
      "b.ts": "export const b = 'from b';",
    });
    const file = path.join(scratchFolder(), "index.js");
    fs.writeFileSync(file, unzipSync(bytesOf(only("a.ts")))["index.js"] ?? "");
    const script = `require(${JSON.stringify(file)}).handler().then(console.log)`;
    expect(execFileSync(process.execPath, ["-e", script]).toString().trim()).toBe("from b");
  });

  test("is the same in another folder, time zone, umask and order of entries", () => {
    const files = { "a.ts": "export const handler = () => 1;", "b.ts": "export const handler = () => 2;" };
    projectOf(files);
    const first = only("a.ts");
    const bytes = bytesOf(first);
    projectOf(files);
    const [zone, umask] = [process.env.TZ, process.umask(0o077)];
    process.env.TZ = "Pacific/Kiritimati";
    const again = bundle(["b.ts", "a.ts"]).get("a.ts") as Bundle;
    process.umask(umask);
    process.env.TZ = zone ?? "";
    expect(bytesOf(again).equals(bytes)).toBe(true);
    expect(again.sourceCodeHash).toBe(first.sourceCodeHash);
  });

  test("keeps the source map beside it: the code does not even name it", () => {
    projectOf({ "a.ts": "export const handler = () => 1;" });
    const made = only("a.ts");
    expect(Buffer.from(unzipSync(bytesOf(made))["index.js"] ?? "").toString()).not.toContain("sourceMappingURL");
    expect(JSON.parse(fs.readFileSync(made.mapFile, "utf8")).sources).toEqual(["../a.ts"]);
  });
});

describe("a second time", () => {
  const source = "export const handler = () => 1;";

  test("builds nothing when nothing has changed, and the one that has changed", () => {
    projectOf({
      "a.ts": source,
      "b.ts": "import { c } from './c'; export const handler = () => c;",
      "c.ts": "export const c = 1;",
    });
    const before = bundle(["a.ts", "b.ts"]);
    const written = fs.statSync(before.get("a.ts")?.zipFile ?? "").mtimeMs;
    expect(bundle(["a.ts", "b.ts"])).toEqual(before);

    fs.writeFileSync("c.ts", "export const c = 2;");
    const after = bundle(["a.ts", "b.ts"]);
    expect(after.get("a.ts")).toEqual(before.get("a.ts"));
    expect(fs.statSync(after.get("a.ts")?.zipFile ?? "").mtimeMs).toBe(written);
    expect(after.get("b.ts")?.sourceCodeHash).not.toBe(before.get("b.ts")?.sourceCodeHash);
  });

  test("notices a change that keeps size and modification time", () => {
    projectOf({ "a.ts": source });
    const before = only("a.ts");
    const { atime, mtime } = fs.statSync("a.ts");
    fs.writeFileSync("a.ts", source.replace("1", "2"));
    fs.utimesSync("a.ts", atime, mtime);
    expect(only("a.ts").sourceCodeHash).not.toBe(before.sourceCodeHash);
  });

  test("builds again what was lost from the cache", () => {
    projectOf({ "a.ts": source });
    const before = only("a.ts");
    fs.rmSync(before.zipFile);
    expect(bytesOf(only("a.ts")).length).toBeGreaterThan(0);
  });
});

test("builds many handlers as it builds one", () => {
  const names = Array.from({ length: 51 }, (_, at) => `h${at}.ts`);
  projectOf(Object.fromEntries(names.map((name) => [name, `export const handler = () => "${name}";`])));
  const all = bundle(names);
  expect(new Set([...all.values()].map(({ sourceCodeHash }) => sourceCodeHash)).size).toBe(51);
  expect(all.get("h50.ts")).toEqual(only("h50.ts"));
});

describe("stops, with file and line", () => {
  test("at a syntax error", () => {
    projectOf({ "a.ts": "export const handler = () => 1;\nconst = 2;" });
    expect(() => only("a.ts")).toThrow('a.ts:2:7: Expected identifier but found "="');
  });

  test("at a missing import", () => {
    projectOf({ "a.ts": "\n\nimport './none';\nimport 'no-such-package';" });
    expect(() => only("a.ts")).toThrow(
      'a.ts:3:8: Could not resolve "./none"\na.ts:4:8: Could not resolve "no-such-package". Is it in package.json, and was npm ci run since?',
    );
  });
});

test("keeps each handler of the project within 130 kB", () => {
  const handlers = fs.readdirSync("handlers").filter((file) => file.endsWith(".ts"));
  expect(handlers.length).toBeGreaterThan(7);
  for (const [entry, { zipFile }] of bundle(handlers.map((file) => `handlers/${file}`))) {
    expect([entry, fs.statSync(zipFile).size <= 130_000]).toEqual([entry, true]);
  }
});
