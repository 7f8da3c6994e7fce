// node bundling/run.js <entry.ts> [argument …]
//
// Runs a TypeScript file of this project. It is bundled once and then started from the bundle, with V8's compiled code beside it, until
// one of its inputs changes: a second start costs a few milliseconds more than plain JavaScript, where a TypeScript loader costs half a
// second and loading cdktf file by file another half.
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const vm = require("node:vm");
const { changedSince, stampsOf } = require("./stamps.js");

const root = path.dirname(__dirname);
const debug = Boolean(process.env.GATEHOUSE_DEBUG);

/** @type {import("esbuild").BuildOptions} */
const options = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  mainFields: ["module", "main"],
  minify: !debug,
  keepNames: true,
  sourcemap: debug ? "inline" : false,
  legalComments: "none",
  logLevel: "silent",
  metafile: true,
  // Packages that find files of their own beside them.
  external: ["esbuild"],
};

/** @param {string} entry */
function bundleOf(entry) {
  const cache = path.join(root, ".cache", "run", `${entry.replace(/[\\/]/g, "-")}${debug ? ".debug" : ""}`);
  const bundle = `${cache}.js`;
  const key = JSON.stringify([options, process.version]);
  const before = fs.existsSync(`${cache}.json`) ? JSON.parse(fs.readFileSync(`${cache}.json`, "utf8")) : undefined;
  if (before?.key === key && fs.existsSync(bundle) && changedSince(before.stamps).size === 0) return bundle;

  /** @type {typeof import("esbuild")} */
  const esbuild = require("esbuild");
  const { metafile } = esbuild.buildSync({ ...options, absWorkingDir: root, entryPoints: [entry], outfile: bundle });
  fs.rmSync(`${cache}.v8`, { force: true });
  const inputs = [
    ...Object.keys(metafile?.inputs ?? {}),
    "bundling/run.js",
    "tsconfig.json",
    "node_modules/.package-lock.json",
  ];
  fs.writeFileSync(`${cache}.json`, JSON.stringify({ key, stamps: stampsOf(inputs) }));
  return bundle;
}

/** @param {string} bundle @param {string} entry */
function run(bundle, entry) {
  const requireFromRoot = createRequire(path.join(root, entry));
  if (debug) {
    process.setSourceMapsEnabled(true);
    requireFromRoot(bundle);
    return;
  }
  const compiled = bundle.replace(/js$/, "v8");
  const cachedData = fs.existsSync(compiled) ? fs.readFileSync(compiled) : undefined;
  const source = fs.readFileSync(bundle, "utf8");
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: bundle,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, requireFromRoot, module, bundle, path.dirname(bundle));
  if (!cachedData || script.cachedDataRejected) fs.writeFileSync(compiled, script.createCachedData());
}

const entry = process.argv[2];
if (!entry || !fs.existsSync(path.join(root, entry))) {
  console.error(`usage: node bundling/run.js <entry.ts> [argument …]; no such file: ${entry}`);
  process.exit(2);
}
process.chdir(root);
process.argv.splice(1, 2, path.join(root, entry));
try {
  run(bundleOf(entry), entry);
} catch (error) {
  // What the project refuses says all in its message. A stack helps only where the project itself is wrong.
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  console.error(
    error instanceof Error && !isBug && !debug
      ? `${error.name === "Error" ? "Error" : error.name}: ${error.message}`
      : error,
  );
  process.exitCode = 1;
}
