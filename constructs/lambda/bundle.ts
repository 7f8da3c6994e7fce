import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type * as esbuild from "esbuild";
import { version } from "esbuild/package.json";
import { zipSync } from "fflate";
import { changedSince, replaceFile, resolutionInputs, stampsOf } from "../../bundling/stamps";

/** A handler, ready for upload. */
export interface Bundle {
  /** File that holds the zip. */
  readonly zipFile: string;
  /** File that holds the source map. It stands beside the zip: in it, it would be larger than the code. */
  readonly mapFile: string;
  /** SHA-256 of the zip in base64, as Terraform compares it. */
  readonly sourceCodeHash: string;
}

/** A handler that does not build. The message has a line for each error, with its file and line. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

/** Chosen by measuring: docs/decisions/ADR-03-bundling.md. */
const options = {
  bundle: true,
  // A linked node_modules gives the same paths, and so the same bytes, as one that is a folder.
  preserveSymlinks: true,
  minify: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  mainFields: ["module", "main"],
  legalComments: "none",
  sourcemap: "external",
  sourcesContent: false,
  charset: "utf8",
  // In Lambda credentials stand in the environment. The SDK looks for them elsewhere only where there are none, and loads what that takes then.
  external: [
    "@aws-sdk/credential-provider-ini",
    "@aws-sdk/credential-provider-login",
    "@aws-sdk/credential-provider-process",
    "@aws-sdk/credential-provider-sso",
    "@aws-sdk/credential-provider-web-identity",
    "@smithy/credential-provider-imds",
  ],
} as const satisfies esbuild.BuildOptions;

const cacheKey = JSON.stringify([version, options]);
const cacheFolder = path.join(".cache", "bundles");
const indexFile = path.join(cacheFolder, "index.json");

interface CacheIndex {
  readonly key: string;
  /** Every file that went into some bundle. A bundle names its own by their place in this list. */
  readonly files: readonly string[];
  readonly stamps: readonly string[];
  readonly bundles: Readonly<Record<string, Built<number>>>;
}

/** What a bundle was made from, and what came out: the SHA-256 of the zip, and the sizes of zip and map. */
interface Built<File> {
  readonly inputs: readonly File[];
  readonly sha256: string;
  readonly bytes: readonly [zip: number, map: number];
}

/** Each bundle that is still what its inputs make. */
type Known = Map<string, Built<string>>;

/** Handlers that one call of esbuild builds. Their code and maps come back all at once, some 8 MB each while they are under way. */
const AT_ONCE = 50;

/** What esbuild says of an import that is none of a file and not installed. */
const NOT_FOUND_PACKAGE = /^Could not resolve "[^./]/;

const zipOf = (sha256: string): string => path.join(cacheFolder, `${sha256}.zip`);
const mapOf = (sha256: string): string => path.join(cacheFolder, `${sha256}.js.map`);

/**
 * Bundles handlers, up to 50 of them in one esbuild call, and keeps the results by what went into them.
 *
 * The zips are the same on every machine: one entry, fixed date and mode, compressed in JavaScript, since zlib's output varies with
 * the processor and the Node.js version.
 *
 * @param entries files, relative to the working folder
 * @throws BundleError
 */
export function bundle(entries: readonly string[]): ReadonlyMap<string, Bundle> {
  const known = readCache();
  const stale = entries.filter((entry) => !known.has(entry));
  for (let at = 0; at < stale.length; at += AT_ONCE) {
    for (const [entry, made] of build(stale.slice(at, at + AT_ONCE))) known.set(entry, made);
  }
  if (stale.length > 0) writeCache(known);
  return new Map(
    entries.map((entry) => {
      const { sha256 } = known.get(entry) as Built<string>;
      return [
        entry,
        {
          zipFile: zipOf(sha256),
          mapFile: mapOf(sha256),
          sourceCodeHash: Buffer.from(sha256, "hex").toString("base64"),
        },
      ];
    }),
  );
}

function build(entries: readonly string[]): Known {
  const missing = entries.find((entry) => !fs.existsSync(entry));
  if (missing) throw new BundleError(`entry must be a file, got: ${missing}, which does not exist`);
  const outputOf = (entry: string): string => entry.replace(/\.ts$/, "");
  const result = esbuildOrThrow(Object.fromEntries(entries.map((entry) => [outputOf(entry), entry])));
  const contents = new Map(result.outputFiles.map((file) => [path.relative(process.cwd(), file.path), file.contents]));

  fs.mkdirSync(cacheFolder, { recursive: true });
  const built: Known = new Map();
  for (const entry of entries) {
    const output = path.join("bundle", `${outputOf(entry)}.js`);
    const code = contents.get(output) as Uint8Array;
    requireHandler(entry, code);
    const zip = zipSync(
      { "index.js": code },
      // Local time, as the format has it: the bytes do not depend on the time zone.
      { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 },
    );
    const sha256 = createHash("sha256").update(zip).digest("hex");
    const map = contents.get(`${output}.map`) as Uint8Array;
    replaceFile(mapOf(sha256), map);
    replaceFile(zipOf(sha256), zip);
    built.set(entry, { inputs: inputsOf(entry, result.metafile), sha256, bytes: [zip.length, map.length] });
  }
  return built;
}

/** What esbuild ends with for an ES module: its exports, for whoever imports what is made of it. CommonJS has none. */
const EXPORTS = /\b0&&\(module\.exports=\{([^}]*)\}\);\s*$/;

/** @throws BundleError for what Lambda could not call: at the first event it would say so, and not before */
function requireHandler(entry: string, code: Uint8Array): void {
  const [, exported] = EXPORTS.exec(Buffer.from(code).toString()) ?? [];
  if (exported === undefined || exported.split(",").includes("handler")) return;
  throw new BundleError(`${entry} must export handler, which Lambda calls, got: ${exported.replaceAll(",", ", ")}`);
}

/**
 * Every file that an entry imports, and those theirs, whether or not code of theirs is left in the output; and what decides how they are
 * found and read.
 */
function inputsOf(entry: string, { inputs }: esbuild.Metafile): readonly string[] {
  const found = new Set([entry.split(path.sep).join("/")]);
  for (const file of found) {
    for (const imported of inputs[file]?.imports ?? []) if (!imported.external) found.add(imported.path);
  }
  return [...found, ...resolutionInputs];
}

function esbuildOrThrow(entryPoints: Record<string, string>): esbuild.BuildResult<{ write: false; metafile: true }> {
  // Loading esbuild takes longer than everything else here, and most runs have nothing to build.
  const { buildSync } = require("esbuild") as typeof esbuild;
  try {
    return buildSync({
      ...options,
      external: [...options.external],
      absWorkingDir: process.cwd(),
      entryPoints,
      outdir: "bundle",
      outbase: ".",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
  } catch (error) {
    const { errors } = error as esbuild.BuildFailure;
    if (!errors) throw error;
    const lines = errors.map(({ location, text }) => {
      const where = location ? `${location.file}:${location.line}:${location.column + 1}: ` : "";
      return `${where}${text}${NOT_FOUND_PACKAGE.test(text) ? ". Is it in package.json, and was npm ci run since?" : ""}`;
    });
    throw new BundleError(lines.join("\n"));
  }
}

/** What the last run left and is still good. What cannot be read, because a run was cut short or was of another version, is nothing. */
function readCache(): Known {
  try {
    const index = JSON.parse(fs.readFileSync(indexFile, "utf8")) as CacheIndex;
    return index.key === cacheKey ? stillGood(index) : new Map();
  } catch {
    return new Map();
  }
}

function stillGood({ files, stamps, bundles }: CacheIndex): Known {
  const changed = changedSince(Object.fromEntries(files.map((file, at) => [file, stamps[at] as string])));
  const sizeOf = (file: string): number | undefined => fs.statSync(file, { throwIfNoEntry: false })?.size;
  const isWhole = ({ sha256, bytes: [zip, map] }: Built<string>): boolean =>
    sizeOf(zipOf(sha256)) === zip && sizeOf(mapOf(sha256)) === map;
  return new Map(
    Object.entries(bundles)
      .map(([entry, built]) => [entry, { ...built, inputs: built.inputs.map((at) => files[at] as string) }] as const)
      .filter(([, built]) => !built.inputs.some((file) => changed.has(file)) && isWhole(built)),
  );
}

function writeCache(known: Known): void {
  const stamps = stampsOf(new Set([...known.values()].flatMap(({ inputs }) => inputs)));
  const files = Object.keys(stamps);
  const places = new Map(files.map((file, at) => [file, at]));
  const bundles = Object.fromEntries(
    [...known].map(([entry, built]) => [
      entry,
      { ...built, inputs: built.inputs.map((file) => places.get(file) as number) },
    ]),
  );
  const index: CacheIndex = { key: cacheKey, files, stamps: Object.values(stamps), bundles };
  replaceFile(indexFile, JSON.stringify(index));
}
