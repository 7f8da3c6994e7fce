/**
 * Ends the process when it is told to, after `stop`. Without a handler a signal would end it at once, and leave unpacked functions behind. Under
 * npm, Ctrl-C comes twice: from the terminal and from npm.
 * @param stop what is to be done first; whoever can be stopped has then ended well @default - nothing: what was under way has failed
 */
export function exitOnSignals(stop?: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      if (!stop) process.exit(1);
      stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
