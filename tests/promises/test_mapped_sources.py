"""Sources with a mapping: builds after an edit equal clean builds, and drafts come and go at their time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from support.city import DAY, HOUR, NOON
from support.twins import Twins

SITE = 'title = "City"\nurl = "https://www.city.example/"\ntag_authority = "example.org,2026"\n'
MAPPING = 'fields = { id = "slug", title = "title", published = "date", tags = "labels" }\n'
LOOKUP = """
[[sources]]
path = "posts.jsonl"
lookup.tags = { path = "terms.json", items = "terms", key = "id", value = "name" }
fields = { id = "id", title = "title", published = "date", tags = "terms", summary = "excerpt" }
"""


@pytest.fixture(name="twins")
def make_twins(tmp_path: Path) -> Twins:
    return Twins(tmp_path)


def put(twins: Twins, **files: str) -> None:
    for name, text in files.items():
        path = twins.city / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def post(slug: str, **more: str) -> str:
    lines = "".join(f"{name}: {value}\n" for name, value in {"slug": slug, "title": slug, **more}.items())
    return f"---\n{lines}date: 2026-03-01\n---\nText of {slug}\n"


def published(twins: Twins) -> str:
    return (twins.city / "public/all.atom.xml").read_text("utf-8")


def test_a_publish_date_and_an_expiry_date_take_effect_without_an_edit(twins: Twins) -> None:
    put(twins, topicfeeds_toml=f'{SITE}[[sources]]\npath = "content"\n{MAPPING}')
    put(
        twins,
        content__a_md=post("later", publishDate="2026-04-03"),
        content__b_md=post("over", expiryDate="2026-04-05"),
    )
    seen = []
    moments = [NOON, NOON + HOUR, NOON + DAY, NOON + 2 * DAY, NOON + 3 * DAY, NOON + 4 * DAY, NOON + 5 * DAY]
    for moment in moments:
        assert twins.build(moment) == []
        seen.append([name for name in ("later", "over") if f"<title>{name}</title>" in published(twins)])
    assert seen == [["over"], ["over"], ["over"], ["later", "over"], ["later", "over"], ["later"], ["later"]]
    assert twins.memory()["meta"][0][:2] == ("due", None)


def test_an_item_that_becomes_a_draft_leaves_the_feeds(twins: Twins) -> None:
    put(twins, topicfeeds_toml=f'{SITE}[[sources]]\npath = "content"\n{MAPPING}', content__a_md=post("a"))
    put(twins, content__b_md=post("b"))
    assert twins.build(NOON) == []
    put(twins, content__a_md=post("a", draft="true"))
    assert twins.build(NOON + HOUR) == []
    assert "<title>a</title>" not in published(twins)
    put(twins, content__a_md=post("a"))
    assert twins.build(NOON + 2 * HOUR) == []
    assert "<title>a</title>" in published(twins)


def test_a_lookup_in_another_file_follows_this_file(twins: Twins) -> None:
    records = [{"id": n, "title": f"Post {n}", "date": "2026-03-01", "terms": [n % 3]} for n in range(6)]
    put(twins, topicfeeds_toml=SITE + LOOKUP, posts_jsonl="".join(json.dumps(one) + "\n" for one in records))
    terms = [{"id": 0, "name": "Land"}, {"id": 1, "name": "Homes"}]
    for step, names in enumerate([terms, terms, [*terms, {"id": 2, "name": "Trees"}], [{"id": 0, "name": "Soil"}]]):
        put(twins, terms_json=json.dumps({"terms": names}))
        assert twins.build(NOON + step * HOUR) == []
        assert [name in published(twins) for name in ("Land", "Homes", "Trees", "Soil")] == [
            [True, True, False, False], [True, True, False, False], [True, True, True, False],
            [False, False, False, True],
        ][step]  # fmt: skip


def test_a_lookup_that_cannot_be_read_stops_the_run_and_is_read_again(twins: Twins) -> None:
    put(twins, topicfeeds_toml=SITE + LOOKUP, terms_json='{"terms": [{"id": 1, "name": "Land"}]}')
    put(twins, posts_jsonl='{"id": 1, "title": "A", "date": "2026-03-01", "terms": 1}\n')
    assert twins.build(NOON) == []
    (twins.city / "terms.json").unlink()
    assert twins.build(NOON + HOUR) == []
    assert "Land" in published(twins)
    put(twins, terms_json='{"terms": [{"id": 1, "name": "Homes"}]}')
    assert twins.build(NOON + 2 * HOUR) == []
    assert "Homes" in published(twins)


def test_warnings_about_a_source_are_the_same_after_each_edit(twins: Twins) -> None:
    mapping = MAPPING.replace("labels", "labels.name").replace("}", ', summary = "sub" }')
    put(twins, topicfeeds_toml=f'{SITE}[[sources]]\npath = "content"\n{mapping}')
    moment: datetime = NOON

    def build() -> list[str]:
        nonlocal moment
        moment += timedelta(hours=1)
        assert twins.build(moment) == []
        return sorted(row[3] for row in twins.memory()["findings"])

    put(twins, content__a_md=post("a"), content__b_md=post("b", labels="[x]"))
    first = build()
    assert first[0].startswith('"x" is text, so labels.name has no value')
    assert first[-1].startswith('no record has "sub"')
    put(twins, content__c_md=post("c", sub="Below"))
    assert not any("sub" in one for one in build())
    put(twins, content__c_md=post("c"))
    assert build() == first
    put(twins, content__b_md=post("b"), content__d_md=post("d", draft="true", sub="x"))
    assert any("labels.name" in one for one in build())


def test_workers_read_mapped_sources_as_one_process_does(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    from topicfeeds import parallel

    monkeypatch.setattr(parallel, "MIN_PARALLEL_BYTES", 1)
    put(twins, topicfeeds_toml=SITE + LOOKUP, terms_json='{"terms": [{"id": 1, "name": "Land"}]}')
    lines = [
        {"id": n, "title": f"Post {n}", "date": "2026-03-01", "terms": [n % 3], "draft": n == 3} for n in range(40)
    ]
    put(twins, posts_jsonl="".join(json.dumps(one) + "\n" for one in lines))
    assert twins.build(NOON, jobs=2) == []
    assert published(twins).count("<entry>") == 39


def test_files_that_are_excluded_are_not_watched(twins: Twins) -> None:
    source = f'[[sources]]\npath = "content"\nexclude = ["_index.md", "private/**"]\n{MAPPING}'
    put(twins, topicfeeds_toml=SITE + source, content__a_md=post("a"), content__private_md=post("b"))
    (twins.city / "content/private").mkdir()
    (twins.city / "content/private/c.md").write_text(post("c"), "utf-8")
    (twins.city / "content/_index.md").write_text("---\n", "utf-8")
    assert twins.build(NOON) == []
    titles = [name for name in "abc" if f"<title>{name}</title>" in published(twins)]
    assert titles == ["a", "b"]
    (twins.city / "content/private/c.md").write_text(post("other"), "utf-8")
    assert twins.build(NOON + HOUR) == []
    put(twins, topicfeeds_toml=SITE + source.replace(', "private/**"', ""))
    assert twins.build(NOON + 2 * HOUR) == []
    assert "<title>other</title>" in published(twins)


def test_a_declared_feed_selects_languages(twins: Twins) -> None:
    feeds = '\n[[feed]]\nslug = "french"\ntitle = "French"\nlanguages = ["fr"]\n[[feed]]\nslug = "english"\n'
    feeds += 'title = "English"\nlanguages = ["en", "de"]\n'
    mapping = 'fields = { id = "file.stem", title = "title", published = "date", language = "lang" }\n'
    site = f'{SITE}[[sources]]\npath = "content"\n{mapping}'
    put(twins, topicfeeds_toml=site + feeds)
    for name, language in (("a.fr", "fr"), ("a.ca", "fr-CA"), ("a.de", "de"), ("a.en", "")):
        (twins.city / "content").mkdir(exist_ok=True)
        more = {"lang": language} if language else {}
        (twins.city / f"content/{name}.md").write_text(post("a", **more), "utf-8")
    assert twins.build(NOON) == []
    counts = {name: (twins.city / f"public/feeds/{name}.atom.xml").read_text("utf-8").count("<entry")
              for name in ("french", "english")}  # fmt: skip
    assert counts == {"french": 2, "english": 2}
    assert twins.build(NOON + HOUR) == []
