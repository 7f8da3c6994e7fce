// Runs every check of the project and closes with one line: `N passed, N failed`. A check that is no test counts as one.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const scratch = mkdtempSync(join(tmpdir(), "gatehouse-check-"));
const results = join(scratch, "jest.json");

/** @type {Record<string, string[]>} */
const checks = {
  lint: ["@biomejs/biome/bin/biome", "ci", "--error-on-warnings"],
  types: ["typescript/bin/tsc", "--noEmit"],
  unused: ["knip/bin/knip.js"],
};

/** @param {string[]} command @returns {Promise<{ code: number, output: string }>} */
function run([script, ...args], { live = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join("node_modules", script ?? ""), ...args], {
      stdio: live ? "inherit" : "pipe",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

let passed = 0;
let failed = 0;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major === 20 && minor < 19) {
  delete checks.unused;
  console.log("skipped unused: knip needs Node.js 20.19");
}
for (const [name, command] of Object.entries(checks)) {
  const { code, output } = await run(command);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name}`);
  if (code === 0) passed += 1;
  else {
    failed += 1;
    console.log(output);
  }
}

const { code } = await run(["jest/bin/jest.js", "--json", `--outputFile=${results}`, ...process.argv.slice(2)], {
  live: true,
});
let skipped = 0;
if (existsSync(results)) {
  const jest = JSON.parse(readFileSync(results, "utf8"));
  passed += jest.numPassedTests;
  failed += jest.numFailedTests + jest.numRuntimeErrorTestSuites;
  skipped = jest.numPendingTests;
}
// Jest can fail without a failed test: a coverage limit, a worker that died.
if (code !== 0 && failed === 0) failed += 1;
rmSync(scratch, { recursive: true });
if (skipped > 0) console.log(`${skipped} skipped, each with its reason in its title`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
