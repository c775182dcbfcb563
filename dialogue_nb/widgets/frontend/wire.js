// What travels between the editor and Python: edits one way, what has changed the other way.

/** The part in which two texts differ.
 * @param {string} old @param {string} text
 * @returns {{start: number, end: number, insert: string}} to be put in place of [start, end) of old */
export function difference(old, text) {
  const shorter = Math.min(old.length, text.length);
  let start = 0;
  while (start < shorter && old.charCodeAt(start) === text.charCodeAt(start)) start += 1;
  let behind = 0;
  while (
    behind < shorter - start
    && old.charCodeAt(old.length - 1 - behind) === text.charCodeAt(text.length - 1 - behind)
  ) behind += 1;
  return { start, end: old.length - behind, insert: text.slice(start, text.length - behind) };
}

/** A number that tells texts apart: Adler-32 of their UTF-16, as `text_edits.checksum` in Python.
 * @param {string} text */
export function checksum(text) {
  let a = 1;
  let b = 0;
  for (let i = 0; i < text.length; ) {
    // As many characters as the sums can take before they must be cut.
    for (const end = Math.min(i + 1024, text.length); i < end; i++) {
      const code = text.charCodeAt(i);
      a += code & 255;
      b += a;
      a += code >> 8;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/** Stories after a change; the reverse of `text_edits.stories_change` in Python.
 * @param {any[]} stories
 * @param {{at: number, remove: number, insert: any[], shift: number} | null} change */
export function withChange(stories, change) {
  if (!change) return stories;
  const behind = stories.slice(change.at + change.remove);
  return [
    ...stories.slice(0, change.at),
    ...change.insert,
    ...(change.shift ? behind.map((one) => ({ ...one, line: one.line + change.shift })) : behind),
  ];
}

/** The view after Python's answer to an edit.
 * @param {any} view @param {any} answer */
export function withAnswer(view, answer) {
  const documents = view.documents.map((document, index) => {
    const change = answer.documents && answer.documents[index];
    if (!change) return document;
    return {
      stories: withChange(document.stories, change.stories),
      problems: change.problems || document.problems,
      counts: change.counts || document.counts,
    };
  });
  return { ...view, documents, vocabulary: answer.vocabulary || view.vocabulary };
}

/** The position of a column that Python counted (an emoji is one) in a line as the browser has it.
 * @param {string} line @param {number} column */
export function offsetOf(line, column) {
  let offset = 0;
  for (const character of line) {
    if (column <= 0) break;
    column -= 1;
    offset += character.length;
  }
  return offset;
}
