// The outlines of an OPML file, as feedsmith reads them: node opml.mjs FILE prints JSON.
import { readFileSync } from "node:fs";
import { parseOpml } from "feedsmith";

console.log(JSON.stringify(parseOpml(readFileSync(process.argv[2], "utf8"))));
