// A feed, as a library of JavaScript reads it: node feeds.mjs LIBRARY FILE prints the entries as JSON.
import { readFileSync } from "node:fs";

const [library, path] = process.argv.slice(2);
const text = readFileSync(path, "utf8");
const list = (value) => value ?? [];

const readers = {
    async feedsmith() {
        const { parseFeed } = await import("feedsmith");
        const { feed } = parseFeed(text);
        return list(feed.entries ?? feed.items).map((one) => ({
            id: one.id ?? one.guid?.value,
            title: one.title?.value ?? one.title,
            link: one.url ?? one.link ?? list(one.links).find((link) => link.rel === "alternate")?.href,
            date: one.date_published ?? one.published ?? one.pubDate,
            body: one.content_html ?? one.content?.value ?? one.content?.encoded ?? one.description,
            picture: one.image ?? one.media?.thumbnails?.[0]?.url ?? one.media?.group?.thumbnails?.[0]?.url,
        }));
    },
    async "rss-parser"() {
        const { default: Parser } = await import("rss-parser");
        const parser = new Parser({ customFields: { item: [["media:thumbnail", "thumbnail"]] } });
        const feed = await parser.parseString(text);
        return feed.items.map((one) => ({
            id: one.id ?? one.guid,
            title: one.title,
            link: one.link,
            date: one.isoDate,
            body: one["content:encoded"] ?? one.content,
            picture: one.thumbnail?.$?.url,
        }));
    },
    async htmlparser2() {
        const { parseFeed } = await import("htmlparser2");
        return parseFeed(text).items.map((one) => ({
            id: one.id,
            title: one.title,
            link: one.link,
            date: one.pubDate,
            body: one.description,
            picture: one.media.find((media) => media.url)?.url,
        }));
    },
    async "ical.js"() {
        const { default: ICAL } = await import("ical.js");
        const events = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents("vevent");
        return events.map((one) => ({
            id: one.getFirstPropertyValue("uid"),
            title: one.getFirstPropertyValue("summary"),
            link: one.getFirstPropertyValue("url"),
            date: one.getFirstPropertyValue("dtstart").toJSDate().toISOString(),
            body: one.getFirstPropertyValue("description"),
            picture: one.getFirstPropertyValue("image"),
        }));
    },
};
console.log(JSON.stringify(await readers[library]()));
