import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { DataFolder } from "../../local/data-folder";
import type { Journal } from "../../local/journal";
import { tryFullDisk } from "../support/full-disk";
import { killInSnapshot } from "../support/killed-snapshot";
import { scratchFolder } from "../support/scratch-folder";
import { until } from "../support/until";

/** What a service remembers here: the latest value of each name. */
interface Entry {
  readonly name: string;
  readonly value: string;
}

/** Opens a journal that keeps the latest value of each name. */
function open(folder: string, { journal: name = "values", smallest }: { journal?: string; smallest?: number } = {}) {
  const data = DataFolder.open(folder, { smallest });
  const values = new Map<string, string>();
  const replayed: Entry[] = [];
  const journal: Journal<Entry> = data.open<Entry>(name, {
    replay: (entry) => {
      replayed.push(entry);
      values.set(entry.name, entry.value);
    },
    snapshot: () => [...values].map(([name, value]) => ({ name, value })),
  });
  const set = (name: string, value: string): void => {
    journal.append({ name, value });
    values.set(name, value);
  };
  return { data, values, replayed, set };
}

const fileIn = (folder: string, name = "values.jsonl"): string => path.join(folder, name);

/** The values that a run finds in a folder. */
function found(folder: string): ReadonlyMap<string, string> {
  const { data, values } = open(folder);
  data.close();
  return values;
}

test("makes the folder, and gives the entries of earlier runs back, oldest first", () => {
  const folder = path.join(scratchFolder(), "of", "orders");
  const first = open(folder);
  first.set("a", "1");
  first.set("b", "2\n");
  first.set("a", "3 €");
  first.data.close();

  const second = open(folder);
  second.set("c", "4");
  second.data.close();

  const third = open(folder);
  expect(third.replayed).toEqual([
    { name: "a", value: "3 €" },
    { name: "b", value: "2\n" },
    { name: "c", value: "4" },
  ]);
  third.data.close();
});

test("has every entry at once, without being closed", () => {
  const folder = scratchFolder();
  const { data, set } = open(folder);
  set("a", "1");
  const copy = scratchFolder();
  fs.copyFileSync(fileIn(folder), fileIn(copy));
  expect(found(copy)).toEqual(new Map([["a", "1"]]));
  data.close();
});

test("remembers whatever was appended, run after run", () => {
  const runs = fc.array(fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }))));
  fc.assert(
    fc.property(runs, (runs) => {
      const folder = scratchFolder();
      const expected = new Map<string, string>();
      for (const run of runs) {
        const { data, values, set } = open(folder, { smallest: 1 });
        expect(values).toEqual(expected);
        for (const [name, value] of run) {
          set(name, value);
          expected.set(name, value);
        }
        data.close();
      }
      expect(found(folder)).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test("drops an entry that a kill cut off, and has all before it, wherever the cut is", () => {
  const folder = scratchFolder();
  const { data, set } = open(folder);
  const header = fs.statSync(fileIn(folder)).size;
  set("a", "1");
  set("b", "zwei €");
  set("c", '"3"\n');
  data.close();
  const whole = fs.readFileSync(fileIn(folder));
  expect(whole.length).toBeGreaterThan(header + 60);

  for (let length = header; length <= whole.length; length += 1) {
    const torn = scratchFolder();
    fs.writeFileSync(fileIn(torn), whole.subarray(0, length));
    const lines = whole.subarray(0, length).toString().split("\n").length - 2;
    expect([...found(torn).keys()]).toEqual(["a", "b", "c"].slice(0, lines));
    // Nothing of the torn line is left to swallow what comes next.
    const next = open(torn);
    next.set("d", "4");
    next.data.close();
    expect(found(torn).get("d")).toBe("4");
  }
});

test("reads entries that are larger than what is read at once", () => {
  const folder = scratchFolder();
  const { data, set } = open(folder);
  const values = ["x".repeat(1_048_575), "é".repeat(1_500_000), "z"];
  for (const [at, value] of values.entries()) set(String(at), value);
  data.close();
  expect([...found(folder).values()]).toEqual(values);
});

describe("what cannot be read", () => {
  const header = '{"journal":"values","version":1}';

  test.each([
    ["a line that is no JSON", `${header}\n{"name":"a","value":"1"}\n{"na\n{"name":"b","value":"2"}\n`, 3, "not JSON"],
    ["a line of a disk that lost power", `${header}\n\0\0\0\n`, 2, "not JSON"],
    ["no first line", "", 1, "it has no first line"],
    ["another first line", '{"name":"a","value":"1"}\n', 1, "it must begin the journal of values"],
    ["another service's journal", '{"journal":"sqs","version":1}\n', 1, "it must begin the journal of values"],
    ["a later format", '{"journal":"values","version":2}\n', 1, "it is of format 2, and this run reads format 1"],
  ])("is an error for %s, which names the line, and changes nothing", (_what, content, line, why) => {
    const folder = scratchFolder();
    fs.writeFileSync(fileIn(folder), content);
    const data = DataFolder.open(folder);
    expect(() => data.open("values", { replay: () => undefined, snapshot: () => [] })).toThrow(
      new RegExp(`values\\.jsonl, line ${line} can not be read: .*${why}.*start with another --data folder`),
    );
    expect(fs.readFileSync(fileIn(folder), "utf8")).toBe(content);
    data.close();
  });
});

describe("a journal that has grown", () => {
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

  test("is written anew once it is larger than the bound and twice its snapshot, between two turns", async () => {
    const folder = scratchFolder();
    const { data, set } = open(folder, { smallest: 2_000 });
    for (let at = 0; at < 100; at += 1) set("a", `${at} ${"x".repeat(50)}`);
    const grown = fs.statSync(fileIn(folder)).size;
    expect(grown).toBeGreaterThan(5_000);
    await nextTurn();
    expect(fs.statSync(fileIn(folder)).size).toBeLessThan(200);
    set("b", "after");
    data.close();
    expect([...found(folder).keys()]).toEqual(["a", "b"]);
    expect(fs.readdirSync(folder)).toEqual(["values.jsonl"]);
  });

  test.each([
    ["not larger than the bound", { smallest: 1_000_000, names: 1 }],
    ["not twice its snapshot", { smallest: 10, names: 1_000 }],
  ])("is left as it is while it is %s", async (_why, { smallest, names }) => {
    const folder = scratchFolder();
    const first = open(folder);
    for (let at = 0; at < names; at += 1) first.set(String(at), "x".repeat(50));
    first.data.close();
    const { data, set } = open(folder, { smallest });
    for (let at = 0; at < 100; at += 1) set("a", "x".repeat(50));
    const { size } = fs.statSync(fileIn(folder));
    await nextTurn();
    expect(fs.statSync(fileIn(folder)).size).toBe(size);
    data.close();
  });

  test.each([0, 2])("is whole after a kill behind %d entries of what is written anew", (entries) => {
    const folder = scratchFolder();
    const { data, set } = open(folder);
    set("a", "1");
    set("b", "2");
    data.close();
    killInSnapshot(folder, scratchFolder(), entries);
    expect(fs.readdirSync(folder)).toContain("values.jsonl.new");
    expect([...found(folder)].flat()).toEqual(["a", "1", "b", "2"]);
    expect(fs.readdirSync(folder)).toEqual(["values.jsonl"]);
  });
});

describe("a disk without room", () => {
  const tried = tryFullDisk(scratchFolder());

  test("takes no entry that does not fit, says what to do, and takes the next one that fits", () => {
    expect(tried.refused).toMatch(/values\.jsonl could not be written: EFBIG.* Make room, and try again$/);
    expect(tried.found).toHaveLength(21);
    expect(tried.found.at(-1)).toBe("later");
  });

  test("lets a journal go on as it is that cannot be written anew, and nothing half-written is left", () => {
    expect(tried.snapshots).toBeGreaterThan(1);
    expect(tried.files).toEqual(["values.jsonl"]);
  });
});

test("takes nothing once the folder was deleted: no later run would find it", () => {
  const folder = path.join(scratchFolder(), "data");
  const { data, values, set } = open(folder);
  set("a", "1");
  fs.rmSync(folder, { recursive: true });
  expect(() => set("b", "2")).toThrow(
    `${fileIn(folder)} was deleted while the run uses it. Stop the run, and start it again`,
  );
  expect([...values.keys()]).toEqual(["a"]);
  data.close();
  expect(fs.existsSync(folder)).toBe(false);
});

test("names the line that a service can make nothing of, and leaves the file as it is", () => {
  const folder = scratchFolder();
  const content = '{"journal":"values","version":1}\n{"name":"a","value":"1"}\nnull\n';
  fs.writeFileSync(fileIn(folder), content);
  expect(() => open(folder)).toThrow(`${fileIn(folder)}, line 3 can not be read: it is no entry of values (`);
  expect(fs.readFileSync(fileIn(folder), "utf8")).toBe(content);
});

test("takes nothing after it was closed", () => {
  const { data, set } = open(scratchFolder());
  data.close();
  expect(() => set("a", "1")).toThrow("values.jsonl is closed");
});

test("opens each journal once, by a name in small letters", () => {
  const { data } = open(scratchFolder());
  const remembering = { replay: () => undefined, snapshot: () => [] };
  expect(() => data.open("values", remembering)).toThrow("the journal of values is open already");
  for (const name of ["", "Sqs", "../sqs", "a b"]) {
    expect(() => data.open(name, remembering)).toThrow(`a journal's name must be small letters, got: ${name}`);
  }
  data.close();
});

describe("a folder", () => {
  test("is refused where it holds what is none of a run's, and that stays", () => {
    const folder = scratchFolder();
    fs.writeFileSync(fileIn(folder, "thesis.doc"), "years of work");
    expect(() => DataFolder.open(folder)).toThrow(`--data ${folder} holds thesis.doc, which no local run put there`);
    expect(fs.readdirSync(folder)).toEqual(["thesis.doc"]);
  });

  test("may hold hidden files", () => {
    const folder = scratchFolder();
    fs.writeFileSync(fileIn(folder, ".gitignore"), "*");
    expect(found(folder)).toEqual(new Map());
  });

  test("is refused where it is a file", () => {
    const file = fileIn(scratchFolder(), "data");
    fs.writeFileSync(file, "");
    expect(() => DataFolder.open(file)).toThrow(`--data ${file} is a file. Name a folder`);
  });

  const aFile = (): string => {
    const file = fileIn(scratchFolder(), "file");
    fs.writeFileSync(file, "");
    return file;
  };
  const linkToNothing = (): string => {
    const link = fileIn(scratchFolder(), "link");
    fs.symlinkSync(fileIn(scratchFolder(), "nothing"), link);
    return link;
  };
  /** A folder whose path is as long as the system takes one, so that no file in it has a path that is. */
  const longest = (): string => {
    const most = process.platform === "linux" ? 4_095 : 1_023;
    const long = scratchFolder();
    const names = Math.floor((most - 10 - long.length) / 201);
    return path.join(
      long,
      ...Array.from({ length: names }, () => "x".repeat(200)),
      "y".repeat((most - long.length - 10) % 201),
    );
  };
  const inProc: readonly [string, () => string, string][] = [
    ["in a folder that takes none", () => "/proc/x", "ENOENT"],
  ];
  test.each<[string, () => string, string]>([
    ...(process.platform === "linux" ? inProc : []),
    ["whose name is too long", () => fileIn(scratchFolder(), "x".repeat(300)), "ENAMETOOLONG"],
    ["in which no file's path is short enough", longest, "ENAMETOOLONG"],
    ["below a file", () => path.join(aFile(), "data"), "ENOTDIR"],
    ["that is a link to nothing", linkToNothing, "ENOENT"],
    ["below a link to nothing", () => path.join(linkToNothing(), "of", "orders"), "ENOENT"],
  ])("is refused %s, and says why", (_, folderOf, reason) => {
    const folder = folderOf();
    const refusal = `^--data ${folder} can not be used: ${reason}: .*'\\. Name a folder that you may make and write to$`;
    expect(() => DataFolder.open(folder)).toThrow(new RegExp(refusal));
  });

  // Who may do everything is somebody else meanwhile.
  const isRoot = process.geteuid?.() === 0;
  const asNobody = (work: () => void): void => {
    if (isRoot) process.seteuid?.(65_534);
    try {
      work();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  };
  const withUsers = process.geteuid ? test : test.skip;
  withUsers("is refused that may not be written to, and one in such a folder", () => {
    const folder = scratchFolder();
    fs.chmodSync(folder, 0o555);
    for (const name of [folder, path.join(folder, "data")])
      asNobody(() =>
        expect(() => DataFolder.open(name)).toThrow(
          new RegExp(
            `^--data ${name} can not be used: EACCES: permission denied, .*\\. Name a folder that you may make and write to$`,
          ),
        ),
      );
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test("whose journal cannot be read or written is left as it is, and the file is named", () => {
    const folder = scratchFolder();
    fs.mkdirSync(fileIn(folder));
    const data = DataFolder.open(folder);
    const remembering = { replay: () => undefined, snapshot: () => [] };
    expect(() => data.open("values", remembering)).toThrow(
      `${fileIn(folder)} can not be used: EISDIR: illegal operation on a directory, read. Let it be read and written, or start with another --data folder`,
    );
    data.close();
    expect(fs.readdirSync(folder)).toEqual(["values.jsonl"]);
  });

  test("is one run's at a time, in the same process, too, and free once that is closed", () => {
    const folder = scratchFolder();
    const { data } = open(folder);
    expect(() => DataFolder.open(folder)).toThrow(`--data ${folder} is in use by process ${process.pid}`);
    data.close();
    expect(fs.readdirSync(folder)).toEqual(["values.jsonl"]);
    found(folder);
  });

  test("is another process's while that lives, and free once it was killed", async () => {
    const folder = scratchFolder();
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const lock = fileIn(folder, `run.${other.pid}.lock`);
    fs.writeFileSync(lock, "1");
    expect(() => DataFolder.open(folder)).toThrow(
      `--data ${folder} is in use by process ${other.pid}. Stop that run, or name another folder; if that process is none of yours, delete ${lock}`,
    );
    expect(fs.readdirSync(folder)).toEqual([`run.${other.pid}.lock`]);

    other.kill("SIGKILL");
    await once(other, "close");
    found(folder);
    expect(fs.readdirSync(folder)).toEqual(["values.jsonl"]);
  });

  const onLinux = process.platform === "linux" ? test : test.skip;
  onLinux("is free once the other was killed, be its parent never told", async () => {
    const folder = scratchFolder();
    // The shell becomes a program that waits for no child; until it has, it would wait itself.
    const parent = spawn("sh", ["-c", "sleep 600 & echo $!; exec sleep 600"]);
    const [pid] = await once(parent.stdout, "data");
    await until(() => fs.readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n", "the shell to become sleep");
    fs.writeFileSync(fileIn(folder, `run.${Number(pid)}.lock`), "1");
    process.kill(Number(pid), "SIGKILL");
    expect(found(folder)).toEqual(new Map());
    expect(() => process.kill(Number(pid), 0)).not.toThrow();
    parent.kill("SIGKILL");
    await once(parent, "exit");
  });

  test("is free once the other gives it up, for which a run waits a while", async () => {
    const folder = scratchFolder();
    const lock = fileIn(folder, "run.1.lock");
    fs.writeFileSync(lock, "1");
    spawn("sh", ["-c", 'sleep 0.2; rm "$1"', "sh", lock]);
    expect(found(folder)).toEqual(new Map());
  });

  test("is free where an earlier process had this one's id, as in a container that is started again", () => {
    const folder = scratchFolder();
    fs.writeFileSync(fileIn(folder, `run.${process.pid}.lock`), "1");
    expect(found(folder)).toEqual(new Map());
  });
});
