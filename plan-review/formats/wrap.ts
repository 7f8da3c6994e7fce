const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f000}-\u{3fffd}]/u;

/** Most texts are ASCII: each character takes one column. */
const isPlain = (text: string): boolean => /^[ -~]*$/.test(text);

function characterWidth(character: string): number {
  if (character >= " " && character <= "~") return 1;
  if (/\p{M}/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** How many columns of a terminal a line takes. */
export function displayWidth(line: string): number {
  if (isPlain(line)) return line.length;
  let width = 0;
  for (const character of line) width += characterWidth(character);
  return width;
}

/** Pieces of a word that is wider than a line. */
function broken(word: string, columns: number): readonly string[] {
  if (word.length <= columns && isPlain(word)) return [word];
  const pieces = [];
  let piece = "";
  let width = 0;
  for (const character of word) {
    const next = characterWidth(character);
    if (width + next > columns && piece) {
      pieces.push(piece);
      piece = "";
      width = 0;
    }
    piece += character;
    width += next;
  }
  return [...pieces, piece];
}

/**
 * Folds a text into lines of at most so many columns, indentation included. No line starts with `::`, which GitHub's build log would take
 * for a command such as `::error::`: a dot stands before it.
 */
export function wrapped(text: string, columns: number, indent: string, nextIndent = indent): readonly string[] {
  const guard = "· ";
  const room = columns - Math.max(indent.length, nextIndent.length);
  const pieces = text
    .split(" ")
    .filter(Boolean)
    .flatMap((word) => broken(word, room - guard.length).map((piece, at) => ({ piece, isNewLine: at > 0 })));
  const lines: { text: string; width: number }[] = [];
  for (const { piece, isNewLine } of pieces) {
    const width = displayWidth(piece);
    const line = lines.at(-1);
    if (line && !isNewLine && line.width + 1 + width <= room) {
      line.text += ` ${piece}`;
      line.width += 1 + width;
    } else if (piece.startsWith("::")) lines.push({ text: guard + piece, width: guard.length + width });
    else lines.push({ text: piece, width });
  }
  return lines.map((line, at) => `${at === 0 ? indent : nextIndent}${line.text}`);
}
