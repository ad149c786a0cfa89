"""Markdown: the extensions that people write, and what only their site generator understands."""

from __future__ import annotations

from pathlib import Path

import pytest

from topicfeeds import Problem, Site, read, select
from topicfeeds.entries.model import sanitized_content
from topicfeeds.sources.markdown import render_html

HEAD = "---\nid: a\ntitle: A\npublished: 2024-03-01\nlink: https://museum.example.net/foot/\n---\n"


def publish_body(folder: Path, body: str) -> tuple[str, list[str]]:
    """Return the content of a Markdown file in a feed, and the messages."""
    (folder / "a.md").write_text(HEAD + body, "utf-8")
    made = Site.model_validate({"title": "M", "url": "https://museum.example.net/", "sources": [{"path": "a.md"}]})
    problems: list[Problem] = []
    feed = select(made, read(made, folder), problems=problems)["all"]
    return str(sanitized_content(feed.entries[0])), [str(one) for one in problems]


def test_footnotes_have_numbers_in_the_text_and_stand_at_the_end(tmp_path: Path) -> None:
    body = "Cranes[^1] and work[^works].\n\n[^1]: Until 1911, as [they](/x) say.\n\n[^works]: Ghent\n\nLast words.\n"
    html, problems = publish_body(tmp_path, body)
    assert problems == []
    assert html.index("Last words") < html.index("Until 1911") < html.index("Ghent")
    assert '<sup><a href="https://museum.example.net/foot/#works" rel="noopener noreferrer">2</a></sup>' in html
    assert "[^" not in html


def test_footnotes_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    html, _ = publish_body(tmp_path, "B[^b] A[^a].\n\n[^a]: Note A\n\n[^b]: Note B\n")
    assert html.index("Note B") < html.index("Note A")


def test_a_footnote_of_one_word_is_no_link_that_nobody_wrote(tmp_path: Path) -> None:
    html, _ = publish_body(tmp_path, "Made in the harbour[^n].\n\n[^n]: Ghent\n")
    assert "/foot/Ghent" not in html
    assert "<p>Ghent</p>" in html


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("## Cranes {#cranes}\n", "<h2>Cranes</h2>"),
        ("Steam\n: Before 1911\n", "<dl>\n<dt>Steam</dt>\n<dd>Before 1911</dd>\n</dl>"),
        ("- [x] done\n- [ ] open\n", "<ul>\n<li>☑\ndone</li>\n<li>☐\nopen</li>\n</ul>"),
        ("~~old~~ a | b\n", "<p><del>old</del> a | b</p>"),
        (":::tip\nx\n:::\n\nA\n\n:::note\n", "<p>:::tip\nx\n:::</p>\n<p>A</p>\n<p>:::note</p>"),
        ("Launch\n\n:tada: today\n", "<p>Launch</p>\n<p>:tada: today</p>"),
        ("`[^1]` and [^none]\n", "<p><code>[^1]</code> and [^none]</p>"),
    ],
)
def test_extensions_are_read(body: str, html: str, tmp_path: Path) -> None:
    assert publish_body(tmp_path, body)[0].strip() == html


def test_links_to_files_and_shortcodes_are_reported(tmp_path: Path) -> None:
    body = "See [older](../2023/older.md#x), [b](b.md), [c](c.md), [d](d.mdx).\n\n{{< youtube w7F >}}\n"
    _, problems = publish_body(tmp_path, body)
    assert problems == [
        'a.md:2: warning: content: links to source files: "../2023/older.md", "b.md", "c.md" and 1 more '
        "(write the addresses of their pages)",
        'a.md:2: warning: content: has parts that only a site generator understands: "{{< youtube w7F >" '
        "(replace them with the text or HTML that they produce)",
    ]


def test_the_notes_of_a_text_that_ends_early_are_all_there() -> None:
    assert render_html("a[^1]\n\n[^1]: <div>x").count("x") == 1
