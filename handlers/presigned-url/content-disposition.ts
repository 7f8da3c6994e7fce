/** Characters that RFC 8187 leaves as they are, of those that encodeURIComponent does. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Makes a browser save a download under a name: in ASCII for old ones, as it is for the rest.
 *
 * @param fileName without control characters and slashes
 * @see https://www.rfc-editor.org/rfc/rfc6266
 */
export function attachment(fileName: string): string {
  // Some browsers take % in the plain form for an escape.
  const plain = fileName.replace(/[^ -~]|["\\%]/gu, "_");
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded(fileName)}`;
}
