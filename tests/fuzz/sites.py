"""Random sites, all of whose items are accepted: text of all planes of Unicode, zones, statuses, recurrence, HTML.

The tests of the rules (`tests/interop/test_rules.py`) check some of these sites in each run, and 500 in long runs.
To check them with another validator, write them to a folder:

    python tests/fuzz/sites.py FOLDER 500
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

from topicfeeds import Site, build
from topicfeeds.models.status import STATUSES

T = TypeVar("T")
# First and last character of blocks in all planes that Unicode assigns, and of private use.
BLOCKS = [
    (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x556), (0x5D0, 0x5EA),
    (0x620, 0x6D3), (0x904, 0x939), (0xE01, 0xE30), (0x10A0, 0x10FF), (0x1100, 0x1112), (0x1F00, 0x1F4D),
    (0x2010, 0x2027), (0x2030, 0x2044), (0x20A0, 0x20BF), (0x2190, 0x22FF), (0x3041, 0x30FF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0xFB50, 0xFBB1),
    (0x10330, 0x1034A), (0x12000, 0x12399), (0x1D400, 0x1D454), (0x1F300, 0x1F64F),
    (0x20000, 0x2A6DF), (0x30000, 0x3134A), (0xE0100, 0xE01EF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD),
]  # fmt: skip
WORDS = [
    "homes", "Straße", "été", "жильё", "κατοικία", "בתים", "مساكن", "घर", "บ้าน", "住宅", "주택", "すまい", "სახლი",
    "տներ", "<b>bold</b>", "a < b", "R&D", "&amp;", "&lt;i&gt;", "C++", '"so"', "it's", "100 %", "]]>", "<!--",
    "\N{PARTY POPPER}", "e\u0301", "\u05d0\u200f!", "1\u00a0000", "👩‍👩‍👧", "<hr>", "50,- €",
]  # fmt: skip
HOSTS = [
    "www.example.org", "städte.example", "пример.example", "παράδειγμα.example", "مثال.example", "דוגמה.example",
    "उदाहरण.example", "ตัวอย่าง.example", "例え.example", "예시.example", "მაგალითი.example", "օրինակ.example",
    "example.org:8443",
]  # fmt: skip
PATHS = [
    "", "a/b.html", "Häuser", "новости/дома", "νέα", "أخبار", "חדשות", "समाचार", "ข่าว", "新聞/家", "뉴스", "სიახლე",
    "լուր", "a%20b", "a b", "list?f[0]=topic:1&g=ü", "x?a=1&b=2#teil-ö", "a(b)'c", "%7euser/", "a//b", "~x;y=z,w@v:1",
    "a|b", "a^b`",
]  # fmt: skip
LANGUAGES = ["en", "de", "fr-CA", "pt-BR", "ar", "he", "fa", "hi", "th", "zh-Hant", "ja", "ko", "ka", "hy", "ru", "el"]
ZONES = [
    "UTC", "Europe/Brussels", "Europe/Dublin", "Europe/London", "Europe/Istanbul", "Asia/Kathmandu", "Asia/Tehran",
    "Asia/Kolkata", "Asia/Tokyo", "Asia/Gaza", "Australia/Eucla", "Australia/Lord_Howe", "Africa/Casablanca",
    "Africa/Cairo", "Africa/Monrovia", "America/St_Johns", "America/New_York", "America/Nuuk", "America/Sao_Paulo",
    "America/Caracas", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Marquesas",
    "Antarctica/Troll",
]  # fmt: skip
OFFSETS = [0, 60, -60, 120, 330, 345, 525, 570, 630, 765, 840, -210, -570, -720]
"""Minutes."""
RULES = [
    "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY;COUNT=10", "FREQ=WEEKLY;INTERVAL=2;UNTIL={until}", "FREQ=MONTHLY;COUNT=12",
    "FREQ=YEARLY", "FREQ=WEEKLY;BYDAY=MO,{day};COUNT=9", "FREQ=MONTHLY;BYDAY={n}{day};COUNT=6",
]  # fmt: skip
HTML = [
    "{}", "<p>{}</p>", "<p>{}<br>{}</p>", "<div>{}</div>", "<h1>{}</h1><h2>{}</h2>", "<h3>{}</h3><h6>{}</h6>",
    "<ul><li>{}<li>{}</ul>", "<ol start=3 type=a reversed><li value=7>{}</ol>", "<dl><dt>{}<dd>{}</dl>",
    "<blockquote cite='/q'>{}</blockquote>", "<pre>\n {} \n</pre>", "<code>{}</code>", "<kbd>{}</kbd><samp>{}</samp>",
    "<em>{}</em> <strong>{}</strong>", "<b><i><u>{}</u></i></b>", "<s>{}</s><del datetime=2026-01-01>{}</del>",
    "<ins>{}</ins>", "<mark>{}</mark><small>{}</small>", "x<sub>{}</sub><sup>{}</sup>", "<abbr title='{}'>{}</abbr>",
    "<bdo dir=rtl>{}</bdo>", "<bdi>{}</bdi>", "<span lang=he dir=rtl>{}</span>", "<q>{}</q><cite>{}</cite>",
    "<a href='/a?b=1&amp;c=ü'>{}</a>", "<a href='https://пример.example/дом'>{}</a>",
    "<a href='mailto:a@b.example'>{}</a>", "<a href='tel:+3212345'>{}</a>", "<a href='javascript:alert(1)'>{}</a>",
    "<a href='#top'>{}</a>", "<a href='../x/./y//z'>{}</a>", "<a href='http://[::1]/'>{}</a>", "<a name=x>{}</a>",
    "<img src='b.png' alt='{}'>", "<img src='//cdn.example/ä b.png' width=10 height=20 alt='{}'>",
    "<img src='data:image/png;base64,AAAA'>{}",
    "<picture><source srcset='a.webp 1x'><img src=a.jpg alt='{}'></picture>",
    "<figure><img src=a.png><figcaption>{}</figure>", "<table><caption>{}</caption><tr><th>{}<td>{}</table>",
    "<table><colgroup><col span=2></colgroup><tr><td colspan=2>{}</table>", "<audio controls src='a.mp3'>{}</audio>",
    "<video controls poster='p.jpg' src='v.mp4'>{}</video>",
    "<video><source src='v.webm' type='video/webm'>{}</video>", "<iframe src='https://video.example/1'></iframe>{}",
    "<object data='a.swf'>{}</object>", "<embed src='a.swf'>{}", "<script>alert('{}')</script>{}",
    "<style>p {{}}</style>{}", "<p style='color:red' class=x id=y onclick='z()'>{}</p>",
    "<form action='/f'><input value='{}'><button>{}</button></form>", "<svg><title>{}</title><circle r=1 /></svg>",
    "<math><mi>{}</mi></math>", "<details open><summary>{}</summary>{}</details>", "<ruby>{}<rt>{}</rt></ruby>",
    "<wbr>{}<hr>", "<!-- {} -->{}", "<p>{}<p>{}", "<b>{}<p>{}</b>", "&nbsp;{}&copy;&#128512;&lt;",
    "<section><header>{}</header><article>{}</article></section>", "<o:p>{}</o:p><font color=red>{}</font>",
    "<time datetime='2026-01-01'>{}</time>", "<center>{}</center><tt>{}</tt>", "a\r\nb\t{}", "<![CDATA[{}]]>{}",
    "<?php {} ?>{}",
]  # fmt: skip
TYPES = ["audio/mpeg", "video/mp4", "application/pdf", "image/svg+xml", "text/plain; charset=utf-8"]


class _Maker:
    """Makes one site from one random number generator."""

    def __init__(self, number: int) -> None:
        self._random = random.Random(number)
        self._days = self._random.sample(range(9000), 60)

    def pick(self, values: Sequence[T]) -> T:
        return self._random.choice(values)

    def maybe(self, chance: float, fields: Mapping[str, Any]) -> dict[str, Any]:
        return dict(fields) if self._random.random() < chance else {}

    def text(self, words: int = 5) -> str:
        """Return words, half of them of random characters of one block. The first word is always visible."""
        made = [self.pick(WORDS[:14])]
        for _ in range(self._random.randrange(words)):
            first, last = self.pick(BLOCKS)
            letters = [chr(self._random.randint(first, last)) for _ in range(self._random.randint(1, 6))]
            made.append(self.pick([self.pick(WORDS), "".join(letters)]))
        self._random.shuffle(made)
        return " ".join(made)

    def url(self) -> str:
        return f"{self.pick(['https', 'https', 'http'])}://{self.pick(HOSTS)}/{self.pick(PATHS)}"

    def moment(self) -> str:
        """Return a date or time from 2001 to 2025. No other item of the site has the same day."""
        day = date(2001, 1, 1) + timedelta(self._days.pop())
        clock = time(self._random.randrange(24), self._random.randrange(60), self._random.randrange(60))
        zone = timezone(timedelta(minutes=self.pick(OFFSETS)))
        return self.pick(
            [day.isoformat(), f"{day}T{clock}", f"{day}T{clock}Z", f"{day}T{clock}{zone.tzname(None)[3:]}"]
        )

    def person(self) -> Any:
        fields = self.maybe(0.5, {"email": "info@example.org"}) | self.maybe(0.5, {"url": self.url()})
        return self.pick([self.text(3), {"name": self.text(3), **fields}])

    def content(self) -> str:
        """Return some kinds of HTML."""
        kinds = (self.pick(HTML) for _ in range(self._random.randint(1, 8)))
        return "".join(kind.format(*(self.text() for _ in range(3))) for kind in kinds)

    def enclosure(self) -> dict[str, Any]:
        more = self.maybe(0.5, {"length": self._random.randrange(10**9)}) | self.maybe(0.3, {"title": self.text()})
        return {"url": self.url(), "type": self.pick(TYPES), **more}

    def place(self) -> Any:
        at = {"latitude": self._random.uniform(-90, 90), "longitude": self._random.uniform(-180, 180)}
        fields = self.maybe(0.5, at) | self.maybe(0.5, {"url": self.url()}) | self.maybe(0.5, {"address": self.text()})
        return self.pick([self.text(), {"name": self.text(), **fields}])

    def article(self, number: int) -> dict[str, Any]:
        """Return the fields that events have, too."""
        names = [
            f"{number}",
            f"item {number} {self.text(3)}",
            f"tag:example.org,2026:x/{number}",
            f"urn:example:{number}",
        ]
        return {
            "id": self.pick([*names, f"https://www.example.org/items/{number}"]),
            "title": self.text(8),
            "published": self.moment(),
            "tags": [f"{self.text(2)} {n}" for n in range(self._random.randrange(4))],
            "topics": [self.pick(["housing", "Land use", "улица"])],
            "authors": [self.person() for _ in range(self._random.randrange(3))],
            "enclosures": [self.enclosure() for _ in range(self.pick([0, 0, 1, 3]))],
            **self.maybe(0.8, {"link": self.url()}),
            **self.maybe(0.6, {"summary": self.text(20)}),
            **self.maybe(0.8, {"content": self.content()}),
            **self.maybe(0.4, {"language": self.pick(LANGUAGES)}),
            **self.maybe(0.4, {"image": self.pick([self.url(), self.image()])}),
            **self.maybe(0.4, {"timezone": self.pick(ZONES)}),
        }

    def image(self) -> dict[str, Any]:
        size = {"width": 800, "height": 600}
        return {"url": self.url(), "alt": self.text(4), "credit": self.text(2), **self.maybe(0.5, size)}

    def event(self, number: int) -> dict[str, Any]:
        """Return an event: some days, or some hours."""
        day = date(2026, 1, 1) + timedelta(self._random.randrange(700))
        days, hour = self._random.randrange(5), self._random.randint(10, 20)
        start, end = self.pick([(f"{day}", f"{day + timedelta(days)}"), (f"{day}T{hour}:30", f"{day}T{hour + 2}:00")])
        return {
            **self.article(number),
            "start": start,
            **self.maybe(0.6, {"end": end}),
            **self.maybe(0.8, {"location": self.place()}),
            **self.maybe(0.5, {"organizer": self.person()}),
            **self.maybe(0.6, {"status": self.pick(sorted(STATUSES))}),
            **self.maybe(0.3, {"recurrence": self.rule(day, has_time="T" in start)}),
        }

    def rule(self, day: date, *, has_time: bool) -> str:
        until, weekday = "20280101T000000Z" if has_time else "20280101", day.strftime("%a")[:2].upper()
        return self.pick(RULES).format(until=until, day=weekday, n=(day.day + 6) // 7)

    def site(self) -> dict[str, Any]:
        """Return a site file, without sources."""
        page = self.maybe(0.5, {"url": self.url()})
        return {
            "title": self.text(3),
            "url": f"https://{self.pick(HOSTS)}/",
            "tag_authority": "example.org,2026",
            "language": self.pick(LANGUAGES),
            "timezone": self.pick(ZONES),
            **self.maybe(0.6, {"feeds_url": f"https://{self.pick(HOSTS)}/{self.pick(PATHS[:13])}"}),
            **self.maybe(0.6, {"description": self.text(9)}),
            **self.maybe(0.6, {"rights": self.text(4)}),
            **self.maybe(0.6, {"logo": self.url()}),
            **self.maybe(0.6, {"author": self.person()}),
            **self.maybe(0.5, {"hub": "https://hub.example.org/", "refresh": self.pick(["45m", "6h", "7d"])}),
            **self.maybe(0.5, {"license": "https://creativecommons.org/licenses/by/4.0/", "tdm": "reserved"}),
            **self.maybe(0.5, {"pages": {"stylesheet": True}}),
            "feeds": {"formats": ["atom", "rss", "ics"], "per": ["topic"]},
            "feed": [{"slug": "some", "title": self.text(), "kinds": ["event"], **page}],
        }


def make_site(number: int) -> tuple[Site, list[dict[str, Any]]]:
    """Return a site with up to 12 items. Equal numbers give equal sites."""
    maker = _Maker(number)
    items = [maker.event(n) if n % 3 == 2 else maker.article(n) for n in range(3 + number % 10)]
    return Site.model_validate(maker.site()), items


def write_site(number: int, folder: Path) -> None:
    """Write the documents of a site into a folder."""
    given, items = make_site(number)
    for document in build(given, items, now=datetime(2026, 6, 1, tzinfo=UTC)):
        path = folder / str(number) / document.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document.render())
    (folder / str(number) / "items.json").write_text(json.dumps(items, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    for site_number in range(int(sys.argv[2])):
        write_site(site_number, Path(sys.argv[1]))
