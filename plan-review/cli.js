#!/usr/bin/env node
// npx plan-review …: starts the built command, which is built first where it has to be.
try {
  require(require("./build.js").build());
} catch (error) {
  console.error(`plan-review: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
