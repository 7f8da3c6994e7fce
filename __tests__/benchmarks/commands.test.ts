import { spawnSync } from "node:child_process";

const run = (...args: string[]) => spawnSync(process.execPath, ["bundling/run.js", ...args], { encoding: "utf8" });

test.each([
  ["soak", ["--orders", "0"], "--orders must be an integer from 1 to 999999, got: 0"],
  ["soak", ["--seed", "x"], "--seed must be an integer from 1 to 4294967295, got: x"],
  ["soak", ["--minutes", "1.5"], "--minutes must be an integer from 1 to 1440, got: 1.5"],
  ["soak", ["--orders", "-5"], "Option '--orders' argument is ambiguous.\nusage: npm run soak -- [--orders 10000]"],
  ["synth", ["--rounds", "101"], "--rounds must be an integer from 1 to 100, got: 101"],
  ["synth", ["--round", "1"], "Unknown option '--round'\nusage: npm run bench -- [--rounds 5]"],
  ["local", ["--rates", "10,0"], "--rates must be integers from 1 to 1000, got: 0"],
  ["local", ["--rounds", "many"], "--rounds must be integers from 1 to 1000, got: many"],
])("benchmarks/%s.ts refuses %j", (name, args, message) => {
  const { status, stderr } = run(`benchmarks/${name}.ts`, ...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
});
