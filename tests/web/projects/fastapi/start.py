"""Posts and events for the application of the page on FastAPI."""

import asyncio
from datetime import UTC, datetime, timedelta

from blog import Base, Post, app, engine, new_session

START = datetime(2026, 1, 1, tzinfo=UTC)


async def fill() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session() as session:
        for n in range(200):
            day = START - timedelta(hours=n)
            starts = START + timedelta(days=100 + n) if n < 3 else None
            fields = {"topic": ("housing", "work")[n % 2], "published": day, "changed": day, "starts": starts}
            session.add(Post(title=f"Post {n}", body=f"<p>Text {n}</p>", **fields))
        await session.commit()
    await engine.dispose()


asyncio.run(fill())
assert app
