// node bundling/run.js [--wait] <entry.ts> [argument …]
//
// Runs a TypeScript file of this project; with --wait, once something comes on standard input, and not at all where that ends before. It is bundled once and then started from the bundle, with V8's compiled code beside it, until
// one of its inputs changes: docs/decisions/ADR-02-start-from-a-bundle.md.
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const vm = require("node:vm");
const { changedSince, replaceFile, resolutionInputs, stampsOf } = require("./stamps.js");

const [major = 0] = process.version.slice(1).split(".").map(Number);
if (major < 20) {
  console.error(`Node.js must be 20 or later, got: ${process.version}. See https://nodejs.org/`);
  process.exit(1);
}

const root = path.dirname(__dirname);
const debug = Boolean(process.env.GATEHOUSE_DEBUG);

/** @type {import("esbuild").BuildOptions} */
const options = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  mainFields: ["module", "main"],
  // Names stay: messages show those of classes.
  minifySyntax: !debug,
  minifyWhitespace: !debug,
  sourcemap: debug ? "inline" : false,
  legalComments: "none",
  logLevel: "silent",
  metafile: true,
  write: false,
  // Node.js 20 has no import() in code that V8 kept compiled: it is bundled as a require() that resolves later.
  supported: { "dynamic-import": false },
  // Packages that find files of their own beside them.
  external: ["esbuild", "dynalite"],
};

/**
 * What is in the cache under a name, if nothing that it was made from has changed, and neither has it.
 * @param {string} file @param {string} key
 */
function cached(file, key) {
  try {
    const { key: madeWith, stamps } = JSON.parse(fs.readFileSync(`${file}.json`, "utf8"));
    return madeWith === key && changedSince(stamps).size === 0 ? fs.readFileSync(file) : undefined;
  } catch {
    return undefined; // never made, or damaged: it is made anew
  }
}

/**
 * Puts something into the cache. Where the cache cannot be written to, the next start is as slow as this one and nothing else.
 * @param {string} file @param {string} key @param {string | Uint8Array} content @param {Iterable<string>} madeFrom
 */
function store(file, key, content, madeFrom) {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    replaceFile(file, content);
    replaceFile(`${file}.json`, JSON.stringify({ key, stamps: stampsOf([...madeFrom, file]) }));
  } catch (error) {
    if (debug) console.error(error);
  }
}

/** @param {string} entry @param {string} file */
function bundleOf(entry, file) {
  const key = JSON.stringify([options, process.version]);
  const known = cached(file, key);
  if (known) return known.toString();
  const { outputFiles, metafile } = buildSync({ ...options, absWorkingDir: root, entryPoints: [entry], outfile: file });
  const bundle = outputFiles?.[0]?.text ?? "";
  const inputs = [...Object.keys(metafile?.inputs ?? {}), "bundling/run.js", ...resolutionInputs];
  store(file, key, bundle, inputs);
  return bundle;
}

/** @param {import("esbuild").BuildOptions} given */
function buildSync(given) {
  try {
    return require("esbuild").buildSync(given);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
    throw isMissing ? new Error("the packages are not installed: run npm ci") : error;
  }
}

/**
 * An entry, compiled as far as V8 kept it.
 * @param {string} file @param {string} source
 */
function compiled(file, source) {
  const compiledFile = file.replace(/js$/, "v8");
  const key = `${process.version} ${process.arch}`;
  const cachedData = cached(compiledFile, key);
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    cachedData,
  });
  const keep = () => {
    if (!cachedData || script.cachedDataRejected) store(compiledFile, key, script.createCachedData(), [file]);
  };
  return { source, script, keep };
}

/** @param {string} entry @param {string} file */
function prepared(entry, file) {
  try {
    require("esbuild");
    return compiled(file, bundleOf(entry, file));
  } catch {
    return undefined; // told when it is wanted, if it is still so
  }
}

/** Waits for something on standard input, and does nothing else meanwhile. Whoever would send it may be gone. */
function isWanted() {
  return fs.readSync(0, Buffer.alloc(1)) > 0;
}

/** @param {string} entry @param {boolean} waits */
function run(entry, waits) {
  const name = `${entry.replace(/[\\/]/g, "-")}${debug ? ".debug" : ""}`;
  const file = path.join(root, ".cache", "run", `${name}.js`);
  const earlier = waits ? prepared(entry, file) : undefined;
  if (waits && !isWanted()) return;
  const source = bundleOf(entry, file);
  if (debug && fs.existsSync(file)) {
    // Node.js reads source maps of files that it loads itself.
    process.setSourceMapsEnabled(true);
    createRequire(path.join(root, entry))(file);
    return;
  }

  const { script, keep } = earlier?.source === source ? earlier : compiled(file, source);
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(path.join(root, entry)), module, file, path.dirname(file));
  keep();
}

const waits = process.argv[2] === "--wait";
if (waits) process.argv.splice(2, 1);
const entry = process.argv[2];
if (!entry || !fs.existsSync(path.join(root, entry))) {
  console.error(`usage: node bundling/run.js [--wait] <entry.ts> [argument …]; no such file: ${entry}`);
  process.exit(2);
}
// Whoever reads the output has read enough: what would go on is told so as by Ctrl-C.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code === "EPIPE") process.emit("SIGINT");
    else {
      if (stream !== process.stderr) console.error(`standard output can not be written: ${error.message}`);
      process.exit(1);
    }
  });
}
process.chdir(root);
process.argv.splice(1, 2, path.join(root, entry));
try {
  run(entry, waits);
} catch (error) {
  // What the project refuses says all in its message. A stack helps only where the project itself is wrong.
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  console.error(error instanceof Error && !isBug && !debug ? `${error.name}: ${error.message}` : error);
  if (isBug && !debug) console.error("With GATEHOUSE_DEBUG=1 the stack names the lines of the sources.");
  process.exitCode = 1;
}
