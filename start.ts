// `npm start`: synthesizes every stack, says what came out of it and what to do next, and walks an order through the first environment, here.
import "./main";
import { summary } from "./summary";

const outdir = process.env.CDKTF_OUTDIR || "cdktf.out";
console.log(summary(outdir));

// Loaded only now, so that the synthesis does not wait for it.
import("./local/walk.js")
  .then(({ walkStacks }) => walkStacks(outdir))
  .then(
    (lines) => console.log(`\n${lines.join("\n")}`),
    (error: Error) => {
      console.error(`\nThe walk on this machine failed: ${error.message}`);
      process.exitCode = 1;
    },
  );
