/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/__tests__"],
  testMatch: ["**/*.test.ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  // Jest leaves one processor to whoever watches, which is half of a machine with two.
  maxWorkers: "100%",
  // Some tests build handlers or start the CLI; on a busy machine that takes seconds.
  testTimeout: 60_000,
};
