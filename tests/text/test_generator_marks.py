"""Links to source files and template tags are found, and named as their author wrote them."""

from __future__ import annotations

import pytest

from topicfeeds.text.generator_marks import find_source_link, find_template_tag


@pytest.mark.parametrize(
    ("fragment", "link"),
    [
        ('<a href="../2023/older.md#x">a</a> <a href="b.md">b</a>', "../2023/older.md"),
        ('<a href="/docs/intro.mdx?a=1">a</a>', "/docs/intro.mdx"),
        ('<a href="&amp;.md">a</a>', "&.md"),
        ('<a href="https://example.org/README.md">a</a> <a href="//x.org/a.md">b</a> c.md', None),
        ('<a href="a.mdb">a</a> <img src="a.md">', None),
    ],
)
def test_a_relative_link_to_a_markdown_file_is_found(fragment: str, link: str | None) -> None:
    assert find_source_link(fragment) == link


@pytest.mark.parametrize(
    ("fragment", "tag"),
    [
        ("<p>{{&lt; youtube w7F &gt;}}</p>", "{{< youtube w7F >"),
        ('<p>{% include a.html id="3" %}</p>', '{% include a.html id="3" %'),
        ("<p>{{% note %}} x {{% /note %}}</p>", "{{% note %"),
        ("<pre><code>{{&lt; youtube &gt;}}</code></pre> <code>{% raw %}</code>", None),
        ("<p>{{ x }} a 5 % {b}</p>", None),
        ("</code>{%", "{%"),
    ],
)
def test_a_template_tag_outside_of_code_is_found(fragment: str, tag: str | None) -> None:
    assert find_template_tag(fragment) == tag
