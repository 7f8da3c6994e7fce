// `npm start`: synthesizes every stack, then says what came out of it and what to do next.
import "./main";
import { summary } from "./summary";

console.log(summary(process.env.CDKTF_OUTDIR || "cdktf.out"));
