"""The reference of the public names, made from their signatures, docstrings and the texts of their fields."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from itertools import pairwise
from typing import Any

import topicfeeds
import topicfeeds.web
from topicfeeds.models import dates, fields
from topicfeeds.run import arguments
from topicfeeds.sources import model

START = """# Reference

Every public name of `topicfeeds` and `topicfeeds.web`, made from the docstrings by
`pytest tests/test_reference.py --bless`. [From Python](python.md) explains how to use these names.
[Threads and asyncio](threads.md) says which objects threads may share.

"""


def make_reference() -> str:
    """Return the page."""
    values = {name: getattr(topicfeeds, name) for name in topicfeeds.__all__}
    functions = [name for name, value in values.items() if not inspect.isclass(value)]
    errors = [name for name, value in values.items() if inspect.isclass(value) and issubclass(value, Exception)]
    others = [name for name in values if name not in functions and name not in errors]
    groups = {"Functions": functions, "Classes": others, "Errors": errors}
    parts = [
        f"## {title}\n\n{''.join(describe(name, values[name]) for name in names)}" for title, names in groups.items()
    ]
    web = "".join(describe(name, getattr(topicfeeds.web, name)) for name in topicfeeds.web.__all__)
    page = START + "".join(parts) + f"## Names of topicfeeds.web\n\n{web}"
    return page + describe_types(page)


def describe_types(page: str) -> str:
    """Return the section about the names of types that fields and parameters have on the page."""
    rows = []
    for module in (fields, dates, arguments, model):
        body = ast.parse(inspect.getsource(module)).body
        for node, after in pairwise(body):
            if isinstance(node, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                [target], text = node.targets, str(after.value.value).replace("\n", " ")
                if isinstance(target, ast.Name) and re.search(rf"[:`\[] ?{target.id}\b", page):
                    rows.append(f"| `{target.id}` | {text} |\n")
    return "## Types\n\nYou cannot import these names from `topicfeeds`.\n\n| type | |\n| --- | --- |\n" + "".join(
        sorted(rows)
    )


def describe(name: str, value: Any) -> str:
    """Return the section of a name."""
    lines = [f"### {name}", ""]
    if not inspect.isclass(value) or value is topicfeeds.web.FeedApp:
        lines += [re.sub(r"<function (\w+) at \w+>", r"\1", f"    {line}") for line in sign(value)] + [""]
    lines += [inspect.getdoc(value) or "", ""]
    if inspect.isclass(value):
        rows = [f"| `{field}` | `{kind}` | {text} |" for field, kind, text in list_fields(value)]
        lines += ["| field | type | |", "| --- | --- | --- |", *rows, ""] if rows else []
        for method, member in list_methods(value):
            text = (inspect.getdoc(member) or "").partition("\n\n")[0].replace("\n", " ")
            lines.append(f"- `{method}{shorten(member)}`: {text}")
        lines += [""] if lines[-1] else []
    return "\n".join(lines) + "\n"


def sign(value: Any) -> list[str]:
    """Return the signature of a function, one parameter a line if it is long."""
    whole = f"{value.__name__}{inspect.signature(value)}".replace("'", "")
    if len(whole) <= 110:
        return [whole]
    found = inspect.signature(value)
    marks: list[str] = []
    named = False
    for one in found.parameters.values():
        if one.kind is one.KEYWORD_ONLY and not named:
            marks, named = [*marks, "    *,"], True
        marks.append(f"    {one},".replace("'", ""))
    return [f"{value.__name__}(", *marks, f") -> {found.return_annotation}".replace("'", "")]


def shorten(member: Any) -> str:
    """Return the parameters of a method without `self`, or nothing for a property."""
    if isinstance(member, property):
        return ""
    return (
        re.sub(r"\(self(, )?", "(", str(inspect.signature(member)))
        .replace("''", '""')
        .replace("'", "")
        .partition(" -> ")[0]
    )


@cache
def read_class(kind: type) -> ast.ClassDef:
    source = inspect.cleandoc("\n" + inspect.getsource(kind))
    [node] = ast.parse(source).body
    assert isinstance(node, ast.ClassDef)
    return node


class Plain(ast.NodeTransformer):
    """Replaces each `Annotated[X, ...]` with X."""

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        if ast.unparse(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
            return self.visit(node.slice.elts[0])
        return self.generic_visit(node)


def is_shown(kind: type) -> bool:
    """Return whether the reference names the fields and methods of a class."""
    return kind.__module__.startswith("topicfeeds") and kind.__name__ != "Database"


def list_fields(value: type) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and text of each field, those of base classes first. A class may repeat a field."""
    found: dict[str, tuple[str, str, str]] = {}
    for kind in reversed(value.__mro__):
        if not is_shown(kind):
            continue
        body = read_class(kind).body
        for node, after in zip(body, [*body[1:], None], strict=True):
            if (
                not isinstance(node, ast.AnnAssign)
                or not isinstance(node.target, ast.Name)
                or "ClassVar" in ast.unparse(node)
            ):
                continue
            name = node.target.id
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            old = found.get(name, ("", "", ""))
            text = inspect.cleandoc(str(text)).replace("\n", " ") or old[2]
            kind_text = ast.unparse(Plain().visit(deepcopy(node.annotation)))
            if not name.startswith("_"):
                found[name] = (
                    name.rstrip("_"),
                    kind_text.replace("|", "or").replace("\n", " "),
                    text.replace("|", "\\|"),
                )
    yield from found.values()


def list_methods(value: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that classes of topicfeeds define."""
    seen: set[str] = set()
    for kind in value.__mro__:
        if is_shown(kind) and kind.__name__ not in ("State", "Model"):
            for name, member in vars(kind).items():
                is_own = name != "model_post_init" and (inspect.isfunction(member) or isinstance(member, property))
                if is_own and not name.startswith("_") and name not in seen and member.__doc__:
                    seen.add(name)
                    yield name, member
