"""Posts for the application of the page on Flask, and a server."""

import sys
from datetime import UTC, datetime, timedelta

from blog import Post, Session, Tag, app, engine

with Session(engine) as session:
    for n in range(200):
        tags = [Tag(name=("Housing", "Work", "Sport")[n % 3])]
        day = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=n)
        session.add(Post(title=f"Post {n}", body=f"<p>Text {n}</p>", published=day, tags=tags))
    session.commit()
app.run(port=int(sys.argv[1]), threaded=True)
