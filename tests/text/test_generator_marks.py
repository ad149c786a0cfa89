"""Links to source files and template tags are found, and named as their author wrote them."""

from __future__ import annotations

import pytest

from topicfeeds.text.generator_marks import fill_in_ghost_url, find_components, find_source_links, find_template_tags


@pytest.mark.parametrize(
    ("fragment", "link"),
    [
        ('<a href="../2023/older.md#x">a</a> <a href="b.md">b</a>', "../2023/older.md"),
        ('<a href="/docs/intro.mdx?a=1">a</a>', "/docs/intro.mdx"),
        ('<a href="&amp;.md">a</a>', "&.md"),
        ('<a href="https://example.org/README.md">a</a> <a href="//x.org/a.md">b</a> c.md', None),
        ('<a href="a.mdb">a</a> <img src="a.md">', None),
        ("<a href=guide.rst>a</a>", "guide.rst"),
        ('<a href="/docs/intro.adoc#x">a</a>', "/docs/intro.adoc"),
    ],
)
def test_a_relative_link_to_a_markdown_file_is_found(fragment: str, link: str | None) -> None:
    assert find_source_links(fragment)[:1] == [link][: link is not None]


@pytest.mark.parametrize(
    ("fragment", "tag"),
    [
        ("<p>{{&lt; youtube w7F &gt;}}</p>", "{{< youtube w7F >"),
        ('<p>{% include a.html id="3" %}</p>', '{% include a.html id="3" %'),
        ("<p>{{% note %}} x {{% /note %}}</p>", "{{% note %"),
        ("<pre><code>{{&lt; youtube &gt;}}</code></pre> <code>{% raw %}</code>", None),
        ("<p>{{ x }} a 5 % {b} {: a}</p>", None),
        ('<img src="{{ site.url }}/a.jpg">', "{{ site.url"),
        ("<p>A</p><p>{: .lead}</p>", "{: .lead"),
        ("<p>{{ &quot;/a.png&quot; | relative_url }}</p>", '{{ "/a.png" | relative_url'),
        ("<img src=\"{{ '/a.png' | relative_url }}\">", "{{ '/a.png' | relative_url"),
        ('<a href="%7Bstatic%7D/a.pdf">x</a> {attach}', "%7Bstatic%7D"),
        ("<blockquote>\n<p>[!NOTE]\nText</p></blockquote>", "[!NOTE]"),
        ("<p>Read [!NOTE] aloud {date}</p>", None),
        ("</code>{%", "{%"),
        ("<p>[[Note|x]] [a] [1]</p>", "[[Note|x"),
        ("<p>[[1]] [[ -f x ]] a::b :: c</p>", None),
        ("<p>:::tip\nx\n:::</p>", ":::tip"),
        ('<p>[gallery ids="1,2"]</p>', '[gallery ids="1,2"'),
        ("<p>[galleries] [video-games]</p>", None),
        ('<p>[contact-form-7 id="12"]</p>', '[contact-form-7 id="12"'),
        ("<p>[note]x[/note]</p>", "[/note]"),
        ("<p>[1] [sic] [Smith 2020] [a, b]</p>", None),
        ("<p>{youtube}x{/youtube}</p>", "{/youtube}"),
        ("<p>{loadposition top}</p>", "{loadposition top"),
        ("<p>{{ content | safe }}</p>", "{{ content | safe"),
        ('<p>{{ youtube(id="a") }}</p>', '{{ youtube(id="a")'),
        ("<p>{{#if x}}y{{/if}}</p>", "{{#if x"),
        ("<p>A{.lead}</p>", "{.lead"),
        ("<p>A{width=50%}</p>", "{width=50%"),
        ("<p>::: {.note}</p>", "::: {"),
        ("<p>!!! note</p>", "!!! note"),
        ("<p>Stop!!! now ??? why</p>", None),
        ('<p>[[{"fid":"1"}]]</p>', '[[{"fid":"1"}'),
        ("<p>&lt;%= title %&gt; <?php x ?></p>", "<%= title"),
        ("<p>%%private%% 5 %% 6</p>", "%%private%%"),
        ("<p>*[HTML]: Hyper Text</p>", "*[HTML]:"),
        ("<p>As said[^note].</p>", "[^note]"),
        ("<p>As said^[An inline note].</p>", "^[An inline note"),
        ("<p>A ==marked== word</p>", "==marked=="),
        ('<p>=== "Tab"\nx</p>', '=== "'),
        ("<p>a == b, x==1, y==2, if x ==1 and y ==2, 2^[3], ==== <code>[^1]</code> [^ ]</p>", None),
        ("<p>{ref}<code>x</code></p>", "{ref}"),
        ("<script>f = {a=1}</script><style>{.a{}}</style>", None),
    ],
)
def test_a_template_tag_outside_of_code_is_found(fragment: str, tag: str | None) -> None:
    assert find_template_tags(fragment)[:1] == [tag][: tag is not None]


@pytest.mark.parametrize(
    ("fragment", "tag"),
    [
        ("<Tabs><p>x</p></Tabs>", "<Tabs"),
        ('<p>See <Ui.Note id="3" />.</p>', "<Ui.Note"),
        ("<p>{props.name}</p>", "{props.name}"),
        ("<p><code>&lt;Tabs&gt; {a}</code></p><pre>{b}</pre>", None),
        ("<p><em>x</em> &lt;Tabs&gt;</p>", None),
    ],
)
def test_components_and_expressions_of_mdx_are_found_outside_of_code(fragment: str, tag: str | None) -> None:
    assert find_components(fragment)[:1] == [tag][: tag is not None]


def test_all_links_and_tags_are_found() -> None:
    assert find_source_links('<a href="a.md">a</a> <a href="b.mdx">b</a>') == ["a.md", "b.mdx"]
    assert find_template_tags("{% a %} <code>{% b %}</code> {{% c %}}") == ["{% a %", "{{% c %"]


def test_the_mark_of_ghost_is_replaced_in_addresses_only() -> None:
    fragment = '<img src="__GHOST_URL__/a.jpg" srcset="__GHOST_URL__/a.jpg 1x, __GHOST_URL__/b.jpg 2x"><p>__GHOST_URL__'
    assert fill_in_ghost_url(fragment, "https://e.org/x/") == (
        '<img src="https://e.org/x/a.jpg" srcset="https://e.org/x/a.jpg 1x, https://e.org/x/b.jpg 2x"><p>__GHOST_URL__'
    )
