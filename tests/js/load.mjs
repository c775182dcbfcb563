// Loads a view as it is shipped (shared.js in front of it), with the shared functions exported too.
import { readFile } from "node:fs/promises";

const folder = new URL("../../dialogue_nb/widgets/static/", import.meta.url);

// Of a view that begins with further files, `more` names these; `names` are exported too.
export async function load(name, { more: between = [], names = [] } = {}) {
  const files = ["shared", ...between, ...(name ? [name] : [])];
  const texts = await Promise.all(files.map((f) => readFile(new URL(`${f}.js`, folder), "utf8")));
  const more = `\nexport { ${["visible", "digits", "stepOf", ...names].join(", ")} };\n`;
  const url = `data:text/javascript;base64,${Buffer.from(texts.join("\n") + more).toString("base64")}`;
  return import(url);
}
