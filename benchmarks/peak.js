// node --require benchmarks/peak.js …: when the process ends, writes the most memory it had, in kB, to $PEAK_FOLDER/<process id>.
const fs = require("node:fs");

process.once("exit", () => {
  // What Linux reports as maxRSS starts at the size of the process that started this one; VmHWM is this one's alone.
  const status = fs.existsSync("/proc/self/status") ? fs.readFileSync("/proc/self/status", "utf8") : "";
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  fs.writeFileSync(`${process.env.PEAK_FOLDER}/${process.pid}`, String(kilobytes));
});
