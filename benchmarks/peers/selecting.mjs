// What both scripts in JavaScript do first: the items, and the newest fifty of each feed.
import fs from "node:fs";
import path from "node:path";

export const SITE = "https://www.example.org/";
export const TITLE = "City Network";

export function* feeds() {
  const items = fs.readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
  for (const item of items) item.date = new Date(item.published);
  items.sort((one, other) => other.date - one.date);
  const groups = new Map();
  for (const item of items) {
    for (const name of ["all", ...item.topics.map((t) => `topics/${t}`), ...item.tags.map((t) => `tags/${t}`)]) {
      if (!groups.has(name)) groups.set(name, []);
      if (groups.get(name).length < 50) groups.get(name).push(item);
    }
  }
  yield* groups;
}

export function write(name, suffix, content) {
  const place = path.join(process.argv[3], `${name}.${suffix}.xml`);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, content);
}
