// The inside of a Lambda execution environment: a process that loads one handler and answers one event at a time, over IPC. What it does
// and how it words errors follows AWS's runtime client for Node.js 24: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const taskRoot = process.env.LAMBDA_TASK_ROOT ?? "";
const handlerName = process.env._HANDLER ?? "";

// Without its parent it has nothing to do.
process.on("disconnect", () => process.exit());
// A terminal sends Ctrl-C to the children as well; the parent decides when they end.
process.on("SIGINT", () => {});

// The SDK warns of this machine's Node.js 20, which is not what the function runs on in an account.
const { emitWarning } = process;
process.emitWarning = (/** @type {string | Error} */ warning, /** @type {any[]} */ ...rest) => {
  if (!String(warning).startsWith("NodeVersionSupportWarning")) emitWarning.call(process, warning, ...rest);
};

/** @param {object} answer @param {() => void} [then] */
function send(answer, then) {
  // Not the peak that the system knows: that begins with what the parent had when it forked.
  process.send?.({ ...answer, memoryUsed: process.memoryUsage.rss() }, undefined, undefined, then);
}

/** @param {unknown} thrown */
function errorOf(thrown) {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  return { errorType: thrown.name, errorMessage: thrown.message };
}

/** @param {string} title @param {unknown} thrown */
function logError(title, thrown) {
  const stack = thrown instanceof Error ? String(thrown.stack).split("\n") : undefined;
  process.stderr.write(`${title}\t${JSON.stringify({ ...errorOf(thrown), stack })}\n`);
}

process.on("uncaughtException", (error) => {
  logError("Uncaught Exception", error);
  process.exit(129);
});
process.on("unhandledRejection", (reason) => {
  logError("Unhandled Promise Rejection", reason);
  process.exit(128);
});

/** @param {string} type @param {string} message */
function runtimeError(type, message) {
  return Object.assign(new Error(message), { name: `Runtime.${type}` });
}

/** @param {string} module */
async function load(module) {
  const file = [".js", ".mjs", ".cjs"].map((extension) => module + extension).find((name) => fs.existsSync(name));
  try {
    return file?.endsWith(".mjs") ? await import(pathToFileURL(file).href) : require(file ?? module);
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError("UserCodeSyntaxError", String(error));
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") {
      throw runtimeError("ImportModuleError", String(error));
    }
    throw error;
  }
}

async function loadHandler() {
  const [file = "", name = ""] = handlerName.split(".");
  const module = await load(path.resolve(taskRoot, file));
  const handler = module[name] ?? module.default?.[name];
  if (!handler) throw runtimeError("HandlerNotFound", `${handlerName} is undefined or not exported`);
  if (typeof handler !== "function") throw runtimeError("HandlerNotFound", `${handlerName} is not a function`);
  if (handler.length >= 3) {
    throw runtimeError(
      "CallbackHandlerDeprecated",
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. Make the handler an async function that takes the event and the context.",
    );
  }
  return handler;
}

/** @param {unknown} result */
function stringify(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    throw runtimeError("JSONStringifyError", "Unable to stringify response body");
  }
}

/** @param {{ requestId: string, functionArn: string, remainingTimeInMillis: number }} request */
function contextOf({ requestId, functionArn, remainingTimeInMillis }) {
  const deadline = Date.now() + remainingTimeInMillis;
  return {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: requestId,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

loadHandler().then(
  (handler) => {
    process.on("message", async (/** @type {any} */ request) => {
      try {
        send({ kind: "payload", payload: stringify(await handler(JSON.parse(request.event), contextOf(request))) });
      } catch (error) {
        logError("Invoke Error", error);
        send({ kind: "error", error: errorOf(error) });
      }
    });
    send({ kind: "ready" });
  },
  (error) => {
    logError("Init Error", error);
    send({ kind: "error", error: errorOf(error) }, () => process.exit(1));
  },
);
