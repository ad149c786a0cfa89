"""Publish the rows of an ORM. The columns have the names of item fields. NULL means that the field is absent."""

import sys

from sqlalchemy import create_engine, text
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session

from topicfeeds import Article, Site, publish

engine = create_engine("sqlite://")
with Session(engine) as session:
    session.execute(text("create table posts (id integer primary key, title text, published date, summary text)"))
    session.execute(text("insert into posts values (1, 'New homes', '2026-03-01', null)"))
    (tables := automap_base()).prepare(session.connection())
    items = [Article.model_validate(post, from_attributes=True) for post in session.query(tables.classes.posts)]
site = Site(title="River Cities", url="https://www.rivercities.example/")
print(*publish(site, items, sys.argv[1]).written, sep="\n")
