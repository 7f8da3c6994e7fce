// node plan-review/build.js [file]
//
// Builds the command into one file that needs nothing but Node.js: it may be copied anywhere.
const fs = require("node:fs");
const path = require("node:path");
const { changedSince, replaceFile, resolutionInputs, stampsOf } = require("../bundling/stamps.js");

const root = path.dirname(__dirname);
const built = path.join(root, ".cache", "plan-review", "plan-review.js");

/** @type {import("esbuild").BuildOptions} */
const options = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // Names stay: messages show those of classes.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "silent",
  metafile: true,
  write: false,
};

/** Whether the built file is there, and nothing that it was made from has changed since. */
function isCurrent() {
  try {
    const { key, stamps } = JSON.parse(fs.readFileSync(`${built}.json`, "utf8"));
    return key === JSON.stringify(options) && changedSince(stamps).size === 0;
  } catch {
    return false; // never made, or damaged: it is made anew
  }
}

/** @returns {string} the built file, which is made first where it has to be */
function build() {
  if (isCurrent()) return built;
  /** @type {typeof import("esbuild")} */
  let esbuild;
  try {
    esbuild = require("esbuild");
  } catch {
    throw new Error("the packages are not installed: run npm ci");
  }
  const { outputFiles, metafile } = esbuild.buildSync({
    ...options,
    absWorkingDir: root,
    entryPoints: ["plan-review/main.ts"],
    outfile: built,
  });
  fs.mkdirSync(path.dirname(built), { recursive: true });
  replaceFile(built, outputFiles?.[0]?.text ?? "");
  const inputs = Object.keys(metafile?.inputs ?? {}).map((input) => path.join(root, input));
  const others = ["plan-review/build.js", ...resolutionInputs].map((input) => path.join(root, input));
  replaceFile(
    `${built}.json`,
    JSON.stringify({ key: JSON.stringify(options), stamps: stampsOf([...inputs, ...others, built]) }),
  );
  return built;
}

module.exports = { build };

if (require.main === module) {
  const [, , copy] = process.argv;
  const file = build();
  if (copy) fs.copyFileSync(file, copy);
  console.log(copy ?? path.relative(process.cwd(), file));
}
