// feedsmith (npm): neither validating nor sanitising.
import { generateAtomFeed, generateRssFeed } from "feedsmith";
import { SITE, TITLE, feeds, write } from "./selecting.mjs";

for (const [name, items] of feeds()) {
  const terms = (item) => [...item.topics, ...item.tags];
  write(name, "atom", generateAtomFeed({
    id: `tag:example.org,2026:feed/${name}`, title: { value: `${name} - ${TITLE}` }, updated: items[0].date,
    authors: [{ name: TITLE }], links: [{ href: SITE }],
    entries: items.map((item) => ({
      id: item.id, title: { value: item.title }, links: [{ href: item.link }], published: item.date,
      updated: item.date, summary: { value: item.summary }, content: { value: item.content, type: "html" },
      categories: terms(item).map((term) => ({ term })),
    })),
  }));
  write(name, "rss", generateRssFeed({
    title: `${name} - ${TITLE}`, link: SITE, description: name,
    items: items.map((item) => ({
      title: item.title, link: item.link, description: item.summary, pubDate: item.date,
      guid: { value: item.id, isPermaLink: false }, content: { encoded: item.content },
      categories: terms(item).map((name) => ({ name })),
    })),
  }));
}
