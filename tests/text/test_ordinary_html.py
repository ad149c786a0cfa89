"""The fast path for ordinary HTML: the result is that of the general code."""

from __future__ import annotations

import random

import pytest

from topicfeeds.text import fast_paths
from topicfeeds.text.html import Sanitized, sanitize_and_count
from topicfeeds.text.html_tree import LAZY
from topicfeeds.text.ordinary_html import needs_no_rewriting

BASE = "https://www.example.org/news/a/"
PIECES = [
    *("<p>", "</p>", "<div>", "</div>", "<ul>", "</ul>", "<li>", "<dl><dt>", "<dd>", "</dl>", "<h2>", "</h2>", "<hr>"),
    *("<table>", "<tr><td>", "</td></tr></table>", "<table><caption>", "</caption>", "<th scope=row>", "<tbody>"),
    *("<a href=x>", '<a href="">', "<a>", "<a href='#n'>", "<a href=javascript:x>", "<a href=tel:1>", "</a>"),
    *("<img src=a.png>", "<img alt=x>", "<img src=''>", "<img src=data:,x alt=b>", "<img srcset='a.png 2x' src=b.png>"),
    *("<b>", "</b>", "<i>", "</i>", "<span class=x>", "</span>", "<span style='color:red'>", "<q>", "</q>", "<br>"),
    *("<pre>", "<pre>\n", "<pre class=x>\n\n", "</pre>", "<code>", "</code>", "<blockquote>", "</blockquote>"),
    *("<figure><figcaption>", "</figcaption></figure>", "<details><summary>", "</summary></details>", "<time>"),
    *("<base href=https://other.example/>", "<script>x</script>", "<font color=red>", "</font>", "<body>", "<html>"),
    *("<meta charset=x>", "<template>t</template>", "<style>p{}</style>", "<wbr>", "<nobr>", "<!-- c -->", "<big>"),
    *("x", " y ", "\n", "&nbsp;", "&amp;lt;", "&lt;b>", "é", "\ufeff"),
]


def sanitize_both_ways(fragment: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Sanitized, Sanitized]:
    monkeypatch.setattr(fast_paths, "ENABLED", True)
    quick = sanitize_and_count(fragment, BASE)
    monkeypatch.setattr(fast_paths, "ENABLED", False)
    return quick, sanitize_and_count(fragment, BASE)


@pytest.mark.parametrize("seed", range(10))
def test_ordinary_html_is_sanitised_as_by_the_general_code(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    made = ("".join(chance.choices(PIECES, k=chance.randint(1, 10))) for _ in range(300))
    ordinary = list(filter(needs_no_rewriting, made))
    assert len(ordinary) > 200
    for fragment in ordinary:
        quick, slow = sanitize_both_ways(fragment, monkeypatch)
        assert quick == slow, fragment


@pytest.mark.parametrize("name", LAZY)
def test_pictures_that_a_script_loads_are_not_ordinary(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fragment = f'<p>A <img src="/blank.gif" {name}="/b.jpg" alt="B"></p>'
    assert not needs_no_rewriting(fragment)
    quick, slow = sanitize_both_ways(fragment, monkeypatch)
    assert quick == slow
    assert 'src="https://www.example.org/b.jpg"' in quick.html


@pytest.mark.parametrize("breaks", range(4))
def test_line_breaks_at_the_start_of_preformatted_text_stay(breaks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsers drop the first line break after the start of the element."""
    given = "\n" * breaks
    for fragment in (f"<pre>{given}x</pre>", f"<pre>{given}x</pre><iframe src=/map></iframe>"):
        for one in sanitize_both_ways(fragment, monkeypatch):
            shown = one.html.partition("x")[0].removeprefix("<pre>").removeprefix("\n")
            assert shown == given.removeprefix("\n")
