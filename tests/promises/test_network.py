"""No reader opens a network connection, whatever a file names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support import CORPUS
from support.needs import strace
from support.spreadsheets import make_xlsx

READ = """
import json, sys
from pathlib import Path
from topicfeeds.models import Site
from topicfeeds.sources import SiteSources

for folder in map(Path, sys.argv[1:]):
    for expected in sorted(folder.glob("*.expected.json")):
        name = expected.name.removesuffix(".expected.json")
        source = {"path": name, **json.loads(expected.read_text("utf-8")).get("source", {})}
        base = folder / name if source["path"] != name else folder
        site = Site.model_validate({"title": "-", "url": "http://127.0.0.1:1/", "sources": [source]})
        print(name, len(list(SiteSources(site, base))))
"""
HOST = "http://localhost:1"
LINKS = f'<link>{HOST}/a</link><enclosure url="{HOST}/a" type="a/b"/><source url="{HOST}/f">F</source>'
ITEM = f"<item><title>A</title><pubDate>Tue, 03 Mar 2026 08:30:00 GMT</pubDate>{LINKS}</item>"
INCLUDE = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{HOST}/a"/>'
FILES = {
    "style.rss": f'<?xml-stylesheet href="{HOST}/a.xsl"?><!DOCTYPE rss SYSTEM "{HOST}/a.dtd"><rss><channel>{ITEM}'
    f"{INCLUDE}</channel></rss>",
    "schema.rss": '<rss xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="'
    f'{HOST} {HOST}/a.xsd" xml:base="{HOST}/"><channel>{ITEM}</channel></rss>',
    "entity.rss": f'<!DOCTYPE rss [<!ENTITY a SYSTEM "{HOST}/a">]><rss><channel>{ITEM}&a;</channel></rss>',
    "parameter.rss": f'<!DOCTYPE rss [<!ENTITY % a SYSTEM "{HOST}/a"> %a;]><rss><channel>{ITEM}</channel></rss>',
    "zone.ics": f"BEGIN:VCALENDAR\nX-WR-RELCALID:{HOST}/a\nBEGIN:VTIMEZONE\nTZID:a\nTZURL:{HOST}/a\nEND:VTIMEZONE\n"
    f"BEGIN:VEVENT\nSUMMARY:A\nUID:a\nDTSTART;TZID=a:20260501T100000\nATTACH:{HOST}/a\nDESCRIPTION;ALTREP=\"{HOST}/a\":b\n"
    "END:VEVENT\nEND:VCALENDAR\n",
    "frame.json": f'[{{"title": "A", "published": "2026-03-01", "content": "<iframe src={HOST}/a></iframe>"}}]',
    "tag.yaml": f"- title: A\n  published: 2026-03-01\n  image: {HOST}/a.png\n",
}  # fmt: skip


def test_no_reader_opens_a_network_connection(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    sheet = make_xlsx({"A": [["title", "published", "link"], ["=WEBSERVICE()", "2026-03-01", f"{HOST}/a"]]})
    (tmp_path / "a.xlsx").write_bytes(sheet)
    for name in (*FILES, "a.xlsx"):
        (tmp_path / f"{name}.expected.json").write_text('{"source": {}}', "utf-8")
    log = tmp_path / "log"
    trace = [strace(), "-f", "-qq", "-e", "trace=socket,connect,sendto", "-e", "signal=none", "-o", str(log)]
    run = [sys.executable, "-c", READ, str(CORPUS / "exports"), str(tmp_path)]
    done = subprocess.run([*trace, *run], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 40 + len(FILES)
    assert [line for line in log.read_text().splitlines() if "exited" not in line] == []
