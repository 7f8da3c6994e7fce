/** What the arguments of a command say; where they cannot be meant so, the command ends with 2, its usage and why. */
export function orUsage<Options>(usage: string, read: () => Options): Options {
  try {
    return read();
  } catch (error) {
    // Of what Node.js says, the first sentence is about the argument.
    const [reason] = (error as Error).message.split(/\. |\n/);
    console.error(`${reason}\nusage: ${usage}`);
    process.exit(2);
  }
}
