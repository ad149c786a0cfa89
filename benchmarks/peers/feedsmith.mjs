// feedsmith: no validation, no sanitising. Relative URLs stay relative.
import { generateAtomFeed, generateRssFeed } from "feedsmith";
import { AUTHOR, SITE, categories, publish } from "./plain.mjs";

const atom = ({ path, url, title, items }) =>
  generateAtomFeed({
    id: `tag:example.org,2026:feed/${path}`,
    title: { value: title },
    updated: items[0].date,
    authors: [{ name: AUTHOR }],
    links: [
      { href: SITE, rel: "alternate" },
      { href: `${url}.atom.xml`, rel: "self" },
    ],
    entries: items.map((item) => ({
      id: item.id,
      title: { value: item.title },
      updated: item.date,
      published: item.date,
      links: [{ href: item.link, rel: "alternate" }],
      summary: { value: item.summary },
      content: { value: item.content, type: "html" },
      categories: categories(item),
    })),
  });

const rss = ({ url, title, items }) =>
  generateRssFeed({
    title,
    link: SITE,
    description: title,
    language: "en",
    lastBuildDate: items[0].date,
    atom: { links: [{ href: `${url}.rss.xml`, rel: "self" }] },
    items: items.map((item) => ({
      guid: { value: item.id, isPermaLink: false },
      title: item.title,
      link: item.link,
      description: item.summary,
      pubDate: item.date,
      categories: categories(item).map(({ label, scheme }) => ({ name: label, domain: scheme })),
      content: { encoded: item.content },
    })),
  });

publish((feed) => ({ atom: atom(feed), rss: rss(feed) }));
