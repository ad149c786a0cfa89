"""Extensions: formats, readers, elements, fields, filters, options and HTML that a user adds in Python."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support import article, event, site
from topicfeeds import (
    Article,
    Changes,
    DeclaredFeed,
    Entry,
    Event,
    Extensions,
    Feed,
    FeedFormat,
    FeedOptions,
    FeedSettings,
    Site,
    Source,
    State,
    XmlElement,
    ZipTarget,
    build,
    feed,
    publish,
    read,
    render,
    select,
)
from topicfeeds.text import fast_paths
from topicfeeds.text.html import sanitize, sanitize_and_count
from topicfeeds.web import FeedApp

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


class Episode(Article):
    """An article with fields of its own."""

    duration: str | None = None
    season: int = 1


class Show(Event):
    """An event with a field of its own."""

    price: str | None = None


def entry_elements(entry: Entry) -> Iterator[XmlElement]:
    if isinstance(entry.item, Episode) and entry.item.duration:
        yield XmlElement("itunes:duration", entry.item.duration)
        yield XmlElement("itunes:season", str(entry.item.season))
    if isinstance(entry.item, Show) and entry.item.price:
        yield XmlElement("itunes:price", entry.item.price, {"currency": "EUR"})


def feed_elements(feed: Feed) -> Iterator[XmlElement]:
    yield XmlElement("itunes:category", None, {"text": 'Arts & "Crafts"', "name": "n", "method": "m"})
    yield XmlElement("itunes:title", f"<{feed.path}> & more")


def as_text(feed: Feed, url: str) -> bytes:
    return "\n".join([f"# made by topicfeeds: {url}", *(one.title for one in feed.entries), ""]).encode()


def read_org(content: bytes) -> Iterable[tuple[int, Any]]:
    for number, line in enumerate(content.decode().splitlines(), 1):
        if line.startswith("*"):
            raise ValueError("is an outline, not a list")
        title, _, day = line.partition("|")
        yield number, {"id": str(number), "title": title, "published": day, "duration": "1:00"}


def is_short(entry: Entry) -> bool:
    return len(entry.title) < 6


PODCAST = Extensions(
    version="1",
    article=Episode,
    event=Show,
    namespaces={"itunes": ITUNES},
    entry_elements=entry_elements,
    feed_elements=feed_elements,
    formats={"txt": FeedFormat(".txt", "text/plain", render=as_text)},
    readers={".org": read_org},
    filters={"short": is_short},
    feeds={"topics/mobility": FeedOptions(limit=1), "tags/*": FeedOptions(formats=["rss", "ics"])},
    html={"section": [], "code": ["class"], "*": ["data-note"]},
)
SHORT = DeclaredFeed(slug="short", title="Short")
BASE = Site(title="City", url="https://www.example.org/", feed=[SHORT])
SITE = BASE.extend(PODCAST)
EPISODE = Episode(id="e", title="Talk & more", published=date(2026, 3, 1), duration="12:30 <min>", season=2)
SHOW = Show(id="s", title="Show", published=date(2026, 3, 2), start=date(2026, 7, 1), price="5 & 6")


def written(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_elements_of_entries_and_feeds_are_in_the_feed(name: str) -> None:
    root = ElementTree.fromstring(render(select(SITE, [EPISODE, SHOW])["all"], name))
    head = root if name == "atom" else root[0]
    category, title = head.find(f"{{{ITUNES}}}category"), head.find(f"{{{ITUNES}}}title")
    assert category is not None
    assert category.attrib == {"text": 'Arts & "Crafts"', "name": "n", "method": "m"}
    assert title is not None
    assert title.text == "<all> & more"
    assert [one.text for one in root.iter(f"{{{ITUNES}}}duration")] == ["12:30 <min>"]
    assert [one.text for one in root.iter(f"{{{ITUNES}}}season")] == ["2"]
    assert [(one.text, one.attrib) for one in root.iter(f"{{{ITUNES}}}price")] == [("5 & 6", {"currency": "EUR"})]
    assert b'xmlns:itunes="' in render(select(SITE, [])["all"], name).partition(b">")[2].partition(b">")[0]


NAMES = st.sampled_from(["itunes:a", "title2:title", "dc:creator", "media:credit"])
TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)
ELEMENTS = st.builds(
    XmlElement, NAMES, st.none() | TEXTS, st.dictionaries(st.sampled_from(["text", "name", "x"]), TEXTS)
)


@settings(max_examples=60, deadline=None)
@example([XmlElement("title2:title", "<&>'\"\r\n\t", {"text": "<&>'\"\r\n\t"})])
@given(st.lists(ELEMENTS, max_size=4))
def test_templates_and_feedgen_give_equal_bytes(elements: list[XmlElement]) -> None:
    namespaces = {"itunes": ITUNES, "title2": "urn:t"}
    used = elements
    extensions = Extensions(
        version="1", namespaces=namespaces, entry_elements=lambda _: used, feed_elements=lambda _: used[:2]
    )
    made = site().extend(extensions)
    one = select(made, [article(), event(), article(id="b", tags=["x"])])["all"]
    for name in ("atom", "rss"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fast_paths, "ENABLED", True)
            fast = render(one, name)
            patch.setattr(fast_paths, "ENABLED", False)
            assert render(one, name) == fast


@pytest.mark.parametrize(("text", "attributes"), [(5, {}), (None, {"a": 5})])
def test_an_element_whose_values_are_not_text_is_an_error(text: Any, attributes: Any) -> None:
    one = XmlElement("itunes:season", text, attributes)
    made = BASE.extend(Extensions(version="1", namespaces={"itunes": ITUNES}, entry_elements=lambda _: [one]))
    with pytest.raises(TypeError, match=r"(text|@a) of the element itunes:season is 5 \(pass text\)"):
        render(select(made, [article()])["all"], "atom")


@pytest.mark.parametrize("name", ["duration", "other:duration", "itunes:", ":x"])
def test_an_element_without_a_known_prefix_is_an_error(name: str) -> None:
    extensions = Extensions(version="1", namespaces={"itunes": ITUNES}, entry_elements=lambda _: [XmlElement(name)])
    with pytest.raises(ValueError, match=f"element '{name}' has no prefix"):
        render(select(site().extend(extensions), [article()])["all"], "atom")


def test_without_extensions_no_byte_changes() -> None:
    plain, extended = site(), site().extend(Extensions(version="1"))
    items = [article(content="<p class=a>x</p>"), event()]
    assert [one.render() for one in build(plain, items)] == [one.render() for one in build(extended, items)]
    assert {one.fingerprint for one in build(plain, items)}.isdisjoint(
        one.fingerprint for one in build(extended, items)
    )


@pytest.mark.parametrize("given", [EPISODE, {"id": "e", "title": "T", "published": "2026-03-01", "duration": "1:00"}])
def test_fields_of_a_subclass_come_from_items_and_mappings(given: Any) -> None:
    item = select(SITE, [given])["all"].entries[0].item
    assert isinstance(item, Episode)
    assert item.duration in ("12:30 <min>", "1:00")


def test_a_wrong_field_of_a_subclass_is_reported_as_any_other() -> None:
    problems: list[Any] = []
    wrong = [{"title": "T", "published": "2026-03-01", "season": "x", "durations": "1"}]
    select(SITE, wrong, problems=problems)
    assert [str(one) for one in problems] == [
        'items:1: season: "x" is not a whole number (write only digits, such as 50)',
        'items:1: durations: unknown field (did you mean "duration"?)',
    ]


def test_an_item_of_a_class_that_the_site_does_not_have_is_refused() -> None:
    class Plain(Article):
        """A class without fields of its own."""

    problems: list[Any] = []
    plain = Plain(title="A", published=date(2026, 3, 1), id="a")
    found = select(site(), [EPISODE, SHOW, plain], problems=problems)
    assert [str(one) for one in problems] == [
        "items:1: has the class Episode (pass Extensions(article=Episode) to Site.extend)",
        "items:2: has the class Show (pass Extensions(event=Show) to Site.extend)",
    ]
    assert [one.title for one in found["all"].entries] == ["A"]
    with pytest.raises(TypeError, match=r"^extensions is of type dict \(pass Extensions\)$"):
        site().extend({"version": "1"})  # type: ignore[arg-type]


def yaml_site(folder: Path, number: int = 3, **fields: Any) -> Site:
    lines = (f"- {{id: e{n}, title: T{n}, published: 2026-03-01, duration: '{n}:00'}}\n" for n in range(number))
    (folder / "a.yaml").write_text("".join(lines), "utf-8")
    return BASE.model_copy(update={"sources": (Source(path="a.yaml"),), **fields}).extend(PODCAST)


def test_fields_of_a_subclass_survive_the_cache_and_last_good_versions(tmp_path: Path) -> None:
    made, state = yaml_site(tmp_path), State(tmp_path / "state")

    def run(extended: Site = made) -> Changes:
        return publish(extended, read(extended, tmp_path), tmp_path / "out", state=state, now=NOW)

    run()
    before = written(tmp_path / "out")
    assert b"<itunes:duration>2:00</itunes:duration>" in before["all.atom.xml"]
    assert run().written == ()
    path = tmp_path / "a.yaml"
    path.write_text(path.read_text().replace("title: T1", "title: More"), "utf-8")
    run()
    content = (tmp_path / "out/all.atom.xml").read_bytes()
    assert content.count(b"<itunes:duration>") == 3
    path.write_text("- {", "utf-8")  # the items stay, with their fields
    run()
    assert (tmp_path / "out/all.atom.xml").read_bytes().count(b"<itunes:duration>") == 3
    newer = made.extend(replace(PODCAST, version="2"))
    assert "all.atom.xml" not in run(newer).written, "equal bytes are not written"


def test_workers_read_with_extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicfeeds.parallel.MIN_PARALLEL_BYTES", 1)
    made = yaml_site(tmp_path, 60)
    publish(made, read(made, tmp_path), tmp_path / "one", now=NOW)
    with ProcessPoolExecutor(1) as executor:
        publish(made, read(made, tmp_path), tmp_path / "two", now=NOW, executor=executor)
    assert written(tmp_path / "one") == written(tmp_path / "two")


def test_a_format_is_published_served_overwritten_and_retired(tmp_path: Path) -> None:
    state, path, folder = State(), "topics/mobility.txt", tmp_path / "out"
    item = article(topics=["mobility"])
    changes = publish(SITE, [item], folder, state=state, now=NOW)
    assert {"all.txt", path} <= set(changes.written)
    assert (folder / path).read_text() == (
        "# made by topicfeeds: https://www.example.org/topics/mobility.txt\nNew homes\n"
    )
    one = feed(SITE, [item], "topics/mobility", now=NOW)
    assert render(one, "txt", "https://e.org/x").startswith(b"# made by topicfeeds: https://e.org/x\n")
    assert (one.media_type("txt"), one.url("txt")) == ("text/plain", f"https://www.example.org/{path}")
    assert publish(SITE, [item], folder, state=state, now=NOW).written == ()
    publish(SITE, [item.model_copy(update={"title": "Other"})], folder)  # without a memory
    assert "Other" in (folder / path).read_text()
    publish(SITE, [article()], folder, state=state, now=NOW)
    assert "Other" not in (folder / path).read_text()
    removed = publish(SITE, [article()], folder, state=state, now=NOW + timedelta(40)).removed
    assert path in removed
    assert publish(SITE, [item], ZipTarget(tmp_path / "a.zip")).written.count(path) == 1


def test_an_application_serves_formats_elements_and_filters_of_extensions() -> None:
    app = FeedApp(SITE, lambda _: [EPISODE, SHOW], clock=lambda: NOW)
    found = app.respond("GET", "all.txt", "", {})
    assert (found.status, found.headers["Content-Type"].partition(";")[0]) == (200, "text/plain")
    assert found.body.endswith(b"Show\nTalk & more\n")
    assert b"<itunes:duration>" in app.respond("GET", "all.rss.xml", "", {}).body
    assert b"Talk" not in app.respond("GET", "feeds/short.atom.xml", "", {}).body


def test_a_format_must_write_its_mark(tmp_path: Path) -> None:
    broken = Extensions(version="1", formats={"txt": FeedFormat(".txt", "text/plain", render=lambda *_: b"x")})
    with pytest.raises(ValueError, match="a document of the format txt does not contain 'made by topicfeeds'"):
        publish(site().extend(broken), [article()], tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/all.txt").write_text("my notes")
    with pytest.raises(Exception, match=r"all\.txt: exists, but topicfeeds did not write it"):
        publish(SITE, [article()], tmp_path / "mine")


def test_a_reader_reads_files_with_its_suffix_once(tmp_path: Path) -> None:
    (tmp_path / "a.org").write_text("Talk|2026-03-01\nTypo|2026-13-01\n", "utf-8")
    sources = (Source(path="*.org", topics=["org"]),)
    made, state = BASE.model_copy(update={"sources": sources}).extend(PODCAST), State(tmp_path / "state")
    changes = publish(made, read(made, tmp_path), tmp_path / "out", state=state, now=NOW)
    assert [str(one)[:23] for one in changes.problems] == ['a.org:2: published: "20']
    assert b"1:00</itunes:duration>" in (tmp_path / "out/topics/org.rss.xml").read_bytes()

    def fail(content: bytes) -> Iterable[tuple[int, Any]]:
        raise AssertionError("is read again")

    again = made.extend(replace(PODCAST, readers={".org": fail}))
    assert publish(again, read(again, tmp_path), tmp_path / "out", state=state, now=NOW).written == ()
    newer = made.extend(replace(PODCAST, readers={".org": fail}, version="2"))
    with pytest.raises(AssertionError, match="is read again"):
        publish(newer, read(newer, tmp_path), tmp_path / "out", state=state, now=NOW)
    (tmp_path / "a.org").write_text("* Outline", "utf-8")
    changes = publish(made, read(made, tmp_path), tmp_path / "out", state=state, now=NOW)
    assert str(changes.problems[0]) == "a.org:1: is an outline, not a list"
    assert b"Talk" in (tmp_path / "out/all.atom.xml").read_bytes()


def test_a_filter_chooses_the_entries_of_a_declared_feed() -> None:
    found = select(SITE, [article(id="1", title="A"), article(id="2", title="A long title"), SHOW])
    assert [one.title for one in found["feeds/short"].entries] == ["Show", "A"]
    assert len(found["all"].entries) == 3
    assert [one.title for one in feed(SITE, [SHOW], "feeds/short", now=NOW).entries] == ["Show"]
    with pytest.raises(ValueError, match=r'^filters: the site declares no feed "short" \(declare it, or'):
        site().extend(PODCAST)


def test_a_feed_can_have_a_limit_and_formats_of_its_own(tmp_path: Path) -> None:
    items = [article(id=str(n), topics=["mobility"], tags=["bus"]) for n in range(3)]
    found = select(SITE, [*items, SHOW.model_copy(update={"tags": ("bus",)})])
    assert (len(found["topics/mobility"].entries), len(found["tags/bus"].entries)) == (1, 4)
    assert found["topics/mobility"].formats == ("atom", "rss", "txt")
    assert found["tags/bus"].formats == ("rss", "ics")
    changes = publish(SITE, items, tmp_path, state=State(), now=NOW)
    assert [path for path in changes.written if path.startswith("tags/")] == ["tags/bus.rss.xml"]


def test_html_may_have_the_elements_and_attributes_that_a_user_adds() -> None:
    html = '<section class="x"><code class="py" data-note="1">a</code><script>x</script></section>'
    assert sanitize(html, "") == "<div><code>a</code></div>"
    entry = select(SITE, [article(content=html)])["all"].entries[0]
    body = render(select(SITE, [article(content=html)])["all"], "json").decode()
    kept = '<section><code class="py" data-note="1">a</code></section>'
    assert sanitize_and_count(html, "", entry.allowed_html).html == kept
    assert kept.replace('"', '\\"') in body
    assert sanitize(html, "") == "<div><code>a</code></div>", "other sites do not change"


NEVER = "script style iframe object embed form svg base meta math template noscript textarea select title link input"


@pytest.mark.parametrize("name", [*NEVER.split(), "SECTION", "x-y", "a b", "frame", "body", ""])
def test_dangerous_elements_cannot_be_added(name: str) -> None:
    with pytest.raises(ValueError, match=f"^html: the element '{name}' cannot be added"):
        Extensions(version="1", html={name: []})


@pytest.mark.parametrize(
    "name", ["onclick", "on", "onx-y", "style", "srcdoc", "srcset", "formaction", "Class", "a b", "xlink:href"]
)
@pytest.mark.parametrize("element", ["p", "*", "section"])
def test_dangerous_attributes_cannot_be_added(element: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"^html: the attribute '{name}' of .* cannot be added"):
        Extensions(version="1", html={element: [name]})


HOSTILE = [
    '<section onclick="x()" style="x" class="ok">a</section>',
    '<main href="javascript:alert(1)">a</main>',
    "<section><svg><script>alert(1)</script></svg><math><mtext><section><style><img src=x onerror=alert(1)>",
    '<code class="&quot;><script>alert(1)</script>">a</code>',
    '<track src="javascript:alert(1)"><track src="data:text/html,x">',
    '<nav poster="javascript:x" background="javascript:x">a</nav>',
]


@pytest.mark.parametrize("html", HOSTILE)
def test_additions_let_no_code_through(html: str) -> None:
    names = {"section": ["class"], "main": ["href"], "nav": ["poster"], "track": ["src"], "code": ["class"]}
    more = Extensions(version="1", html=names).allowed_html
    made = sanitize_and_count(html, "https://e.org/", more).html
    # Old versions of nh3 do not escape < and > in the values of attributes.
    assert "<" not in re.sub(r'</?(section|main|nav|track|code|div|p|img)( (class|src|alt)="[^"]*")*>', "", made)
    assert "javascript:" not in made
    assert "data:" not in made
    assert sanitize_and_count(made, "https://e.org/", more).html == made


def test_the_version_is_part_of_all_fingerprints() -> None:
    made = BASE.model_copy(update={"pages": {}}).model_validate({**BASE.model_dump(exclude_none=True), "pages": {}})
    items, newer = [EPISODE, SHOW], replace(PODCAST, version="2")
    one, two = ({doc.path: doc.fingerprint for doc in build(made.extend(x), items, now=NOW)} for x in (PODCAST, newer))
    assert b"topicfeeds" in next(doc for doc in build(made.extend(PODCAST), items) if doc.path == "index.html").render()
    own = {path for path in one if path != "feeds.opml"}  # its fingerprint is a digest of its bytes
    assert len(own) > 8
    assert [path for path in own if one[path] == two[path]] == []
    first, second = (feed(BASE.extend(x), items, "all", now=NOW) for x in (PODCAST, newer))
    assert first.fingerprint("rss") != second.fingerprint("rss")


def test_feeds_and_sites_with_extensions_can_be_pickled_and_hashed() -> None:
    one = feed(SITE, [EPISODE, SHOW], "all", now=NOW)
    again = pickle.loads(pickle.dumps(one))
    assert (again == one, hash(again) == hash(one)) == (True, True)
    assert again.fingerprint("rss") == one.fingerprint("rss")
    assert render(again, "rss") == render(one, "rss")
    assert pickle.loads(pickle.dumps(SITE)).extensions == PODCAST
    assert SITE.model_copy().extensions is PODCAST
    assert BASE.extensions.version == "none"


WRONG: dict[str, dict[str, Any]] = {
    "version is empty": {"version": ""},
    "the prefix 'dc' is not allowed": {"namespaces": {"dc": ITUNES}},
    "the prefix 'xmlx' is not allowed": {"namespaces": {"xmlx": ITUNES}},
    "the prefix 'a b' is not allowed": {"namespaces": {"a b": ITUNES}},
    "formats: 'atom'": {"formats": {"atom": FeedFormat(".x", "text/plain", render=as_text)}},
    "formats: 'x'": {"formats": {"x": FeedFormat(".x.json", "text/plain", render=as_text)}},
    "formats: 'z'": {"formats": {"z": FeedFormat(".z", "text/plain", b"z", render=as_text)}},
    "formats: 'y'": {"formats": {"y": FeedFormat(".y", "text/plain")}},
    "readers: '.yaml'": {"readers": {".yaml": read_org}},
    "readers: 'org'": {"readers": {"org": read_org}},
    "feeds: 'all'": {"feeds": {"all": FeedOptions(formats=["txt"])}},
    "feeds: 'a'": {"feeds": {"a": FeedOptions(limit=0)}},
    "feeds: 'b'": {"feeds": {"b": FeedOptions(limit=-1)}},
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_extensions_are_an_error_in_one_line(message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        Extensions(**{"version": "1", **WRONG[message]})
    assert "\n" not in str(caught.value)


def test_a_site_file_cannot_name_extensions() -> None:
    with pytest.raises(ValueError, match="extra_forbidden"):
        site(extensions={"version": "1"})
    assert "extensions" not in Site.model_json_schema()["properties"]
    assert FeedSettings().limit == 50
