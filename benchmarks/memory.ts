import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a process holds on to, after a garbage collection. */
export interface Memory {
  /** Of the heap, and what hangs on it outside. */
  readonly heapBytes: number;
  readonly residentBytes: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Memory of this process, its garbage collected. */
export function memoryNow(): Memory {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, residentBytes: rss };
}
