// feed (npm): neither validating nor sanitising.
import { Feed } from "feed";
import { SITE, TITLE, feeds, write } from "./selecting.mjs";

for (const [name, items] of feeds()) {
  const feed = new Feed({
    id: `tag:example.org,2026:feed/${name}`, title: `${name} - ${TITLE}`, link: SITE, description: name,
    updated: items[0].date, author: { name: TITLE },
  });
  for (const item of items) {
    feed.addItem({
      id: item.link, title: item.title, link: item.link, date: item.date, published: item.date,
      description: item.summary, content: item.content,
      category: [...item.topics, ...item.tags].map((term) => ({ name: term, term })),
    });
  }
  write(name, "atom", feed.atom1());
  write(name, "rss", feed.rss2());
}
