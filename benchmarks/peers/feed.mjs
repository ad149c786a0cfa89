// feed (npm): no validation, no sanitising. Relative URLs stay relative. One object per feed, serialised in both formats.
import { Feed } from "feed";
import { AUTHOR, SITE, categories, publish } from "./plain.mjs";

publish(({ path, url, title, items }) => {
  const made = new Feed({
    id: `tag:example.org,2026:feed/${path}`,
    title,
    description: title,
    link: SITE,
    language: "en",
    updated: items[0].date,
    author: { name: AUTHOR },
    feedLinks: { atom: `${url}.atom.xml`, rss: `${url}.rss.xml` },
  });
  for (const item of items) {
    made.addItem({
      id: item.id,
      title: item.title,
      link: item.link,
      description: item.summary,
      content: item.content,
      date: item.date,
      published: item.date,
      category: categories(item).map(({ term, label, scheme }) => ({ name: label, term, scheme, domain: scheme })),
    });
  }
  return { atom: made.atom1(), rss: made.rss2() };
});
