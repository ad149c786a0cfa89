// Read items, select entries, name and write files: the work of users of libraries that only serialise feeds.
import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

export const SITE = "https://www.example.org/";
export const AUTHOR = "City Network";
const TITLE = "City Network";
const LIMIT = 50;

export const slug = (label) => label.replaceAll(" ", "-");

export const categories = (item) =>
  ["topics", "tags"].flatMap((kind) =>
    item[kind].map((label) => ({ term: slug(label), label, scheme: `${SITE}${kind}/` })),
  );

async function select(lines) {
  const groups = new Map();
  for await (const line of createInterface({ input: createReadStream(lines), crlfDelay: Infinity })) {
    const item = JSON.parse(line);
    item.date = new Date(item.published);
    const names = ["all", ...item.topics.map((name) => `topics/${name}`), ...item.tags.map((name) => `tags/${name}`)];
    for (const name of names) groups.has(name) ? groups.get(name).push(item) : groups.set(name, [item]);
  }
  return [...groups].map(([name, items]) => ({
    path: slug(name),
    url: `${SITE}${slug(name)}`,
    title: name === "all" ? TITLE : `${name.split("/")[1]} - ${TITLE}`,
    items: items.sort((one, other) => other.date - one.date).slice(0, LIMIT),
  }));
}

// Write the documents of all feeds. `spell` returns the Atom and the RSS document of a feed.
export async function publish(spell) {
  const [lines, output] = process.argv.slice(2);
  for (const folder of ["topics", "tags"]) await mkdir(`${output}/${folder}`, { recursive: true });
  for (const feed of await select(lines)) {
    const { atom, rss } = spell(feed);
    await writeFile(`${output}/${feed.path}.atom.xml`, atom);
    await writeFile(`${output}/${feed.path}.rss.xml`, rss);
  }
}
