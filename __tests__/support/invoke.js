// A Lambda execution environment, as far as these tests need one: loads the unpacked bundle and answers events over IPC.
const { handler } = require(process.argv[2] ?? "");

process.on("message", async (/** @type {object} */ event) => {
  const left = Number(process.env.REMAINING_MILLISECONDS ?? 10_000);
  const context = { functionName: "test", awsRequestId: "test", getRemainingTimeInMillis: () => left };
  try {
    process.send?.({ result: await handler(event, context) });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
process.send?.({ ready: true });
