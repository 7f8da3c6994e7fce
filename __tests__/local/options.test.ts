import { keptByNpm } from "../../bundling/command-line";
import { readOptions } from "../../local/options";

test("reads an environment and what goes with it; nothing of it has to be said", () => {
  const none = { port: 4566, watch: false, grants: false, walk: false };
  expect(readOptions([])).toEqual({ ...none, environment: undefined, data: undefined });
  expect(readOptions(["prod", "--port", "0", "--data", "kept", "--watch", "--grants"])).toEqual({
    ...{ environment: "prod", port: 0, data: "kept", watch: true, grants: true, walk: false },
  });
});

test.each<[string[], string]>([
  [["--port", "65536"], "--port must be an integer from 0 to 65535, got: 65536"],
  [["--port", ""], "--port must be an integer from 0 to 65535, got: "],
  [["--port", "x"], "--port must be an integer from 0 to 65535, got: x"],
  [["dev", "prod"], "environment must be one, got: dev, prod"],
  [["--data", ""], "--data must be followed by a folder, got nothing"],
  [["--data"], "argument missing"],
  [["--walk", "--watch"], "--walk runs on its own and ends: leave --watch out, or --walk"],
  [["--walk", "--data", "kept"], "--walk runs on its own and ends: leave --data out, or --walk"],
  [["--nope"], "Unknown option '--nope'"],
])("%j cannot be meant, and it is said why", (args, sentence) => {
  expect(readOptions(args)).toContain(sentence);
});

test("advises nobody to name a file that begins with a hyphen: the command takes none", () => {
  expect(readOptions(["--nope"])).toBe("Unknown option '--nope'");
});

describe("what npm keeps to itself, for want of a -- before it", () => {
  const npm = { npm_lifecycle_event: "local" };

  test.each<[string[], Record<string, string>, string]>([
    [
      [],
      { npm_config_watch: "true" },
      "npm kept --watch to itself: put -- before the options, as in npm run local -- --watch",
    ],
    [["kept"], { npm_config_data: "true" }, "npm kept --data to itself"],
    [[], { npm_config_data: "kept", npm_config_watch: "true" }, "npm kept --data and --watch to itself"],
    [["0"], { npm_config_port: "true" }, "npm kept --port to itself"],
    [["--watch"], { npm_config_watch: "true", npm_config_grants: "true" }, "npm kept --grants to itself"],
  ])("%j is refused, and how to write it is said", (args, kept, sentence) => {
    expect(readOptions(args, { ...npm, ...kept })).toContain(sentence);
  });

  test("is told of by the name of any script", () => {
    const env = { npm_lifecycle_event: "openapi", npm_config_extensions: "true" };
    expect(keptByNpm("openapi", ["out", "extensions"], ["orders-dev"], env)).toBe(
      "npm kept --extensions to itself: put -- before the options, as in npm run openapi -- --extensions",
    );
    expect(keptByNpm("openapi", ["out"], ["orders-dev"], env)).toBeUndefined();
  });

  test.each<[string, string[], Record<string, string>]>([
    ["an option that came through", ["--port=0"], { ...npm, npm_config_port: "1" }],
    ["an option that is switched off", [], { ...npm, npm_config_watch: "" }],
    ["another option of npm's", [], { ...npm, npm_config_loglevel: "silent" }],
    [
      "an option of another script, which starts this one",
      [],
      { npm_lifecycle_event: "dev", npm_config_watch: "true" },
    ],
    ["no npm at all", [], { npm_config_watch: "true" }],
  ])("%s is none of that", (_, args, env) => {
    expect(readOptions(args, env)).toMatchObject({ watch: false });
  });
});
