"""Make the items of the city corpus. They are like those of city web sites that use WordPress or Drupal.

They are the items of the plain corpus, changed: a fifth are events (all-day, timed, recurring, some cancelled), and
bodies have classes, titles, figures, tables with captions, embedded players and pictures that a script would load.
Many items have a picture, some an enclosure, and there are three languages. Two of 1,000 items cause a warning, and
after the first 1,000 items, one of 1,000 is refused. Refused items have no tags and are the oldest, so that the feeds
of a program that does not validate do not contain them either.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from .corpus import SITE, Block, Item, plain_items, sentence

_FIRST_DAY = date(2024, 7, 1)
_LANGUAGES = ("en", "en", "en", "en", "en", "en", "en", "de", "de", "fr")
_OLDEST = "2001-01-01T00:00:00+00:00"


def city_items(count: int, seed: int = 1) -> Iterator[Item]:
    """Generate articles and events. Each item with a number that 5 divides is an event."""
    chance = random.Random(f"city {seed}")
    blocks = [_make_block(chance, number) for number in range(600)]
    for item in plain_items(count, seed):
        number, fields = item.number, dict(item.fields)
        fields |= make_event(chance, number) if number % 5 == 0 else {}
        fields |= _make_media(number)
        if number % 500 == 41:
            fields["updated"] = "2001-01-01"  # before `published`: a warning
        if number % 1000 == 73 and number > 1000:
            fields |= {"start": "2025-05-09", "end": "2025-05-01", "published": _OLDEST, "tags": []}
        yield replace(item, fields=fields, blocks=[_write_in_editor(item.blocks[0], number), *_choose(chance, blocks)])


def make_event(chance: random.Random, number: int) -> dict[str, Any]:
    """Make the fields that only events have."""
    day, hour = _FIRST_DAY + timedelta(days=chance.randrange(700)), chance.randrange(8, 20)
    event: dict[str, Any] = {
        "link": f"{SITE}news/event-{number}/",
        "start": f"{day}T{hour:02}:00",
        "end": f"{day}T{hour + 2:02}:30",
        "location": f"{sentence(chance, 2)}, {chance.randrange(1, 90)} Main Street",
    }
    if number // 5 % 3 == 0:
        event |= {"start": f"{day}", "end": f"{day + timedelta(days=number // 15 % 3)}"}
    elif number // 5 % 25 == 1:
        event["recurrence"] = "FREQ=WEEKLY;COUNT=8"
    if number // 5 % 20 == 7:
        event["status"] = "cancelled"
    return event


def _make_media(number: int) -> dict[str, Any]:
    media: dict[str, Any] = {"language": _LANGUAGES[number % 10]}
    if number % 2 == 0:
        media["image"] = f"https://www.example.org/files/{number}.jpg"
    if number % 20 == 3:
        url = f"https://www.example.org/files/{number}.pdf"
        media["enclosures"] = [{"url": url, "type": "application/pdf", "length": 1000 + number}]
    return media


def _choose(chance: random.Random, blocks: list[Block]) -> list[Block]:
    return chance.choices(blocks, k=8)


def _write_in_editor(block: Block, number: int) -> Block:
    """Write a paragraph as an editor does, with a class; every second one is in a `div`, as Drupal writes it."""
    html = block.html.replace("<p>", '<p class="wp-block-paragraph">')
    if number % 2:
        html = f'<div class="field field--name-body field__item">{html}</div>'
    return Block(html, block.markdown)


def _make_block(chance: random.Random, number: int) -> Block:
    """Make a part of a body. Of every 20 parts, 13 or 14 are paragraphs."""
    make = _OTHERS.get(number % 60) or _OTHERS.get(number % 20) or _make_paragraph
    return make(chance, number, sentence(chance, 40))


def _make_paragraph(_: random.Random, number: int, text: str) -> Block:
    bold, title = text[:9].strip(), text[:20].strip()
    page = f"https://www.example.com/{number}"
    return Block(
        f'<p class="wp-block-paragraph">{text} <strong>{bold}</strong> it’s &amp; '
        f'<a href="{page}" title="{title}" target="_blank" rel="noreferrer noopener">more</a>.</p>',
        f"{text} **{bold}** it’s & [more]({page}).",
    )


def _make_picture(_: random.Random, number: int, text: str) -> Block:
    return _in_both(
        '<figure class="wp-block-image size-large"><img decoding="async" width="1024" height="683" '
        f'src="/files/{number}-1024x683.jpg" alt="{text[:30]}" class="wp-image-{number}" '
        f'srcset="/files/{number}-1024x683.jpg 1024w, /files/{number}-300x200.jpg 300w" '
        f'sizes="(max-width: 1024px) 100vw, 1024px"/><figcaption class="wp-element-caption">{text[:60]}'
        "</figcaption></figure>"
    )


def _make_table(chance: random.Random, _: int, text: str) -> Block:
    rows = "".join(f"<tr><td>{sentence(chance, 2)}</td><td>{row * 7}</td></tr>" for row in range(4))
    return _in_both(
        '<figure class="wp-block-table is-style-stripes"><table class="has-fixed-layout"><thead><tr>'
        f'<th scope="col">Place</th><th scope="col">Number</th></tr></thead><tbody>{rows}</tbody></table>'
        f'<figcaption class="wp-element-caption">{text[:40]}</figcaption></figure>'
    )


def _make_player(_: random.Random, number: int, text: str) -> Block:
    return _in_both(
        '<figure class="wp-block-embed is-type-video is-provider-youtube"><div class="wp-block-embed__wrapper">'
        f'<iframe loading="lazy" title="{text[:30]}" width="500" height="281" '
        f'src="https://www.youtube.com/embed/{number:011}?feature=oembed" allowfullscreen></iframe></div></figure>'
    )


def _make_lazy_picture(_: random.Random, number: int, text: str) -> Block:
    dot = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    return _in_both(f'<p><img class="lazyload" src="{dot}" data-src="/files/lazy-{number}.jpg" alt="{text[:20]}"/></p>')


def _make_list(chance: random.Random, _: int, _text: str) -> Block:
    points = [sentence(chance, 10) for _ in range(4)]
    listed = "".join(f"<li>{point}</li>\n" for point in points)
    return Block(f'<ul class="wp-block-list">\n{listed}</ul>', "\n".join(f"- {point}" for point in points))


def _make_heading(_: random.Random, number: int, text: str) -> Block:
    title = text[:40].strip()
    return Block(f'<h2 class="wp-block-heading" id="h-{number}">{title}</h2>', f"## {title}")


def _in_both(html: str) -> Block:
    """Return a block that is HTML in Markdown, too."""
    return Block(html, html)


_OTHERS = {
    0: _make_picture,
    1: _make_table,
    4: _make_list,
    5: _make_list,
    6: _make_heading,
    7: _make_heading,
    22: _make_player,
    23: _make_lazy_picture,
}
"""The function for a block, by the number of the block modulo 60, else modulo 20. All other blocks are paragraphs."""
