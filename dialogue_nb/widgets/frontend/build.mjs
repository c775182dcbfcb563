// Builds ../static/story_editor.js, the one bundle of the package, from story_editor.src.js, and
// collects the licences of what is in it. `node build.mjs FOLDER` writes both to another folder, with
// which check.sh compares the committed ones.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = process.argv[2] || fileURLToPath(new URL("../static/", import.meta.url));

// An immediately called function keeps its own names: shared.js, which stands in front, has its too.
const { metafile } = await build({
  entryPoints: ["story_editor.src.js"],
  absWorkingDir: here,
  outfile: `${folder}/story_editor.js`,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  globalName: "storyEditor",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: {
    js: "/* Built from dialogue_nb/widgets/frontend, do not edit. It contains CodeMirror and Lezer, whose\n"
      + "licences are in story_editor.licenses.txt. */",
  },
  footer: { js: "export default storyEditor.default;" },
});

const packages = Object.keys(metafile.inputs)
  .map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1])
  .filter(Boolean);
const licences = await Promise.all([...new Set(packages)].sort().map(async (name) => {
  const read = (file) => readFile(`${here}node_modules/${name}/${file}`, "utf8");
  const { version, license } = JSON.parse(await read("package.json"));
  return `${name} ${version} (${license})\n\n${(await read("LICENSE")).trim()}\n`;
}));
await writeFile(`${folder}/story_editor.licenses.txt`, licences.join(`\n${"-".repeat(80)}\n\n`));
