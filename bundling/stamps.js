// What tells whether a file is still the one that was read: no content is hashed, because a synth asks this of hundreds of files.
// The change time is part of it: copying or unpacking can put an old modification time on new content, but not an old change time.
const fs = require("node:fs");

/**
 * @param {string} file
 * @returns {string} the file's stamp, or "" where there is no such file
 */
function stampOf(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}` : "";
}

/**
 * @param {Iterable<string>} files
 * @returns {Record<string, string>} each file's stamp
 */
function stampsOf(files) {
  return Object.fromEntries([...files].map((file) => [file, stampOf(file)]));
}

/**
 * @param {Record<string, string>} stamps
 * @returns {Set<string>} files that are no longer as they were
 */
function changedSince(stamps) {
  return new Set(Object.keys(stamps).filter((file) => stampOf(file) !== stamps[file]));
}

/**
 * Replaces a file as a whole. Other processes may be reading or writing it: they see the old or the new one, never a part. Where it cannot be
 * replaced, nothing is left of the new one.
 * @param {string} file @param {string | Uint8Array} content
 */
function replaceFile(file, content) {
  const unfinished = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(unfinished, content);
    fs.renameSync(unfinished, file);
  } catch (error) {
    fs.rmSync(unfinished, { force: true });
    throw error;
  }
}

/** What decides how the imports of any bundle are found and read. */
const resolutionInputs = ["tsconfig.json", "node_modules/.package-lock.json"];

module.exports = { stampsOf, changedSince, replaceFile, resolutionInputs };
