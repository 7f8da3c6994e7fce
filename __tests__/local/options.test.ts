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
