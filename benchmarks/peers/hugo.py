"""Hugo, with the site in `hugo_site`: two templates of its own, and no HTML pages.

It neither validates nor sanitises; relative addresses stay as they are. Its names for the documents are other ones:
`index` for everything, `category` for topics.
"""

from __future__ import annotations

import shutil
from pathlib import Path

RENAMES = (("index.", "all."), ("category/", "topics/"))


def command(content: Path, output: Path) -> list[str]:
    """Set a site up beside the output, as Hugo writes into it, and give what builds it."""
    site = output.with_name("hugo_site")
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(Path(__file__).with_name("hugo_site"), site)
    return ["hugo", "--quiet", "--source", str(site), "--contentDir", str(content), "--destination", str(output)]
