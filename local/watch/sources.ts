import * as fs from "node:fs";
import * as path from "node:path";

/** What the last synthesis was made of: the bundle of main.ts, and those of the handlers. */
const madeOf = {
  main: path.join(".cache", "run", "main.ts.js.json"),
  handlers: path.join(".cache", "bundles", "index.json"),
};
/** Read by main.ts itself. */
const settings = ["settings", "backend.tf.json"];
/** Packages change by an installation, which is not what somebody saves. */
const PACKAGES = "node_modules";

/** The files that the stacks are synthesized from, as they are at one moment. */
export class Sources {
  private constructor(
    /** Folders that they stand in, relative to the project. */
    readonly folders: readonly string[],
    private readonly stamps: ReadonlyMap<string, string>,
  ) {}

  /**
   * Looks at every file in the folders that inputs of the last synthesis stand in: one that a file is about to import belongs to them as well.
   * @param project the project's folder
   */
  static of(project: string): Sources {
    const stamps = new Map<string, string>();
    const folders = new Set(["."]);
    const look = (name: string): void => {
      const stat = fs.statSync(path.join(project, name), { throwIfNoEntry: false });
      if (!stat) return;
      if (!stat.isDirectory()) {
        if (SOURCE.test(name)) stamps.set(name, `${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`);
        return;
      }
      // A folder that is made again is another one, which has to be watched anew.
      stamps.set(name, String(stat.ino));
      folders.add(name);
      for (const inner of namesIn(path.join(project, name))) look(path.join(name, inner));
    };
    for (const name of topLevelOf(project)) look(name);
    return new Sources([...folders], stamps);
  }

  /** Files and folders that another look has seen otherwise, or that only one of them has seen. */
  differenceTo(other: Sources): readonly string[] {
    const names = new Set([...this.stamps.keys(), ...other.stamps.keys()]);
    return [...names].filter((name) => this.stamps.get(name) !== other.stamps.get(name)).sort();
  }
}

/** What a source's name ends in; what editors keep beside a file ends otherwise. */
const SOURCE = /\.(ts|js|mjs|cjs|json)$/;

/** A folder may go while it is looked at. */
function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).filter((name) => name !== PACKAGES && !name.startsWith("."));
  } catch {
    return [];
  }
}

/** Files and folders at the top of the project that inputs of the last synthesis are or stand in. */
function topLevelOf(project: string): ReadonlySet<string> {
  const { stamps = {} } = readJson<{ stamps?: Readonly<Record<string, string>> }>(project, madeOf.main);
  const { files = [] } = readJson<{ files?: readonly string[] }>(project, madeOf.handlers);
  const inputs = [...Object.keys(stamps), ...files, ...settings].filter((input) => !path.isAbsolute(input));
  const names = inputs.map((input) => input.split(/[\\/]/)[0] ?? "");
  // Packages that are linked from elsewhere begin with "..".
  return new Set(names.filter((name) => !["", "..", PACKAGES].includes(name)));
}

/** Nothing of a file that cannot be read: it is written by the synthesis, and may be under way. */
function readJson<Content extends object>(project: string, file: string): Partial<Content> {
  try {
    return JSON.parse(fs.readFileSync(path.join(project, file), "utf8"));
  } catch {
    return {};
  }
}
