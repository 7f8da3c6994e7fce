// npm start [-- <environment>]
//
// Synthesizes every stack, says what came out of it and what to do next, and walks through one environment, here: the first unless said otherwise.
import "./main";
import { exitOnSignals } from "./local/signals";
import { firstEnvironment, outputFolder } from "./local/stacks";
import { summary } from "./summary";

exitOnSignals();
const option = process.argv.slice(2).find((argument) => argument.startsWith("-"));
if (option) {
  console.error(`Unknown option '${option}'\nusage: npm start [-- <environment>]`);
  process.exit(2);
}
const outdir = outputFolder();
// Several words are no environment, and refused as one.
const environment = process.argv.slice(2).join(" ") || firstEnvironment(outdir);
console.log(summary(outdir, environment));

// Loaded only now, so that the synthesis does not wait for it.
import("./local/walk.js")
  .then(({ walkStacks }) => walkStacks(outdir, environment))
  .then(
    (lines) => console.log(`\n${lines.join("\n")}`),
    (error: Error) => {
      console.error(`\nThe walk on this machine failed: ${error.message}`);
      process.exitCode = 1;
    },
  );
