"""Words that are apart on a page are apart in feeds and in plain text, whatever the HTML is."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest

from support.needs import program
from support.words import find_fused, find_lines, mutate
from topicfeeds.text.html import sanitize, to_plain_text

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))
BASE = "https://www.example.org/news/1"
PAGE = """<!doctype html><body><script>
const lines = FRAGMENTS.map(fragment => {
  const part = document.createElement("div");
  document.body.append(part);
  part.innerHTML = fragment;
  const text = part.innerText;
  part.remove();
  return text;
});
document.body.textContent = JSON.stringify(lines);
</script>"""


@pytest.mark.parametrize("seed", range(200 if FULL else 1))
def test_words_that_are_apart_stay_apart(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1000):
        fragment = mutate(chance)
        made, before = sanitize(fragment, BASE), find_lines(fragment)
        assert find_fused(before, find_lines(made)) == [], fragment
        assert find_fused(before, [to_plain_text(fragment)]) == [], fragment
        assert not re.search('<img(?![^>]* src="https://)|<source(?![^>]* src=")', made), fragment
        assert sanitize(made, BASE) == made, fragment


@pytest.mark.skipif(not FULL, reason="takes a minute; set TOPICFEEDS_FULL=1 to run it")
def test_words_that_are_apart_in_chromium_stay_apart(tmp_path: Path) -> None:
    chance = random.Random(0)
    fragments = [mutate(chance) for _ in range(2000)]
    before, after = (show(some, tmp_path) for some in (fragments, [sanitize(one, BASE) for one in fragments]))
    for fragment, old, new in zip(fragments, before, after, strict=True):
        assert find_fused([old], [new]) == [], fragment
        assert find_fused([old], [to_plain_text(fragment)]) == [], fragment


def show(fragments: list[str], folder: Path) -> list[str]:
    """Return the text of fragments as Chromium shows it."""
    page = folder / "page.html"
    page.write_text(PAGE.replace("FRAGMENTS", json.dumps(fragments).replace("</", "<\\/")), "utf-8")
    command = [program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    shown: list[str] = json.loads(unescape(done.stdout.partition("<body>")[2].rpartition("</body>")[0]))
    return shown
