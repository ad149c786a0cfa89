"""Hugo, with the site in `hugo_site`: our two templates, and no HTML pages.

Hugo does not validate or sanitise. Relative URLs stay relative. Its documents have other names: `index` for everything,
`category` for topics.
"""

from __future__ import annotations

import shutil
from pathlib import Path

RENAMES = (("index.", "all."), ("category/", "topics/"))


def command(content: Path, output: Path) -> list[str]:
    """Set up a site beside the output, because Hugo writes into it. Return the command that builds it."""
    site = output.with_name("hugo_site")
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(Path(__file__).with_name("hugo_site"), site)
    return ["hugo", "--quiet", "--source", str(site), "--contentDir", str(content), "--destination", str(output)]
