// `npm start`: synthesizes every stack, says what came out of it and what to do next, and walks through the first environment, here.
import "./main";
import { exitOnSignals } from "./local/signals";
import { firstEnvironment, outputFolder } from "./local/stacks";
import { summary } from "./summary";

exitOnSignals();
const outdir = outputFolder();
console.log(summary(outdir));

// Loaded only now, so that the synthesis does not wait for it.
import("./local/walk.js")
  .then(({ walkStacks }) => walkStacks(outdir, firstEnvironment(outdir)))
  .then(
    (lines) => console.log(`\n${lines.join("\n")}`),
    (error: Error) => {
      console.error(`\nThe walk on this machine failed: ${error.message}`);
      process.exitCode = 1;
    },
  );
