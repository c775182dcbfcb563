// Loads a view as it is shipped (shared.js in front of it), with the shared functions exported too.
import { readFile } from "node:fs/promises";

const folder = new URL("../../dialogue_nb/widgets/static/", import.meta.url);

export async function load(name) {
  const texts = await Promise.all(
    (name ? ["shared.js", `${name}.js`] : ["shared.js"]).map((f) => readFile(new URL(f, folder), "utf8")),
  );
  const more = "\nexport { visible, digits, stepOf };\n";
  const url = `data:text/javascript;base64,${Buffer.from(texts.join("\n") + more).toString("base64")}`;
  return import(url);
}
