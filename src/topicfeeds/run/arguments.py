"""The arguments of the public calls: check their types, and pass on the exceptions of their items."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from ..errors import Problem
from ..models.items import Item
from ..models.site import Site
from ..sources import SiteSources
from ..sources.model import ItemLike
from ..state.store import State

_EMPTY = "yielded no items (if you used this iterator before, make a new one, or pass a list)"

P = ParamSpec("P")
R = TypeVar("R")
StateLike = State | str | os.PathLike[str]
"""A `State`, or the path of its file."""


class _CallerError(Exception):
    """The items of a caller raised an exception, which is `original`."""

    def __init__(self, original: Exception) -> None:
        self.original = original


def pass_on_errors(call: Callable[P, R]) -> Callable[P, R]:
    """If iterating over the caller's items raises an exception, raise this exception unchanged."""

    @wraps(call)
    def wrapped(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return call(*arguments, **options)
        except _CallerError as error:
            original = error.original
        raise original  # not in the `except` block, which would change its __context__

    return wrapped


def check_items(site: Site, items: Iterable[ItemLike]) -> Iterable[ItemLike]:
    """Check the types of two arguments, and return the items. Raises TypeError.

    An exception of the items is wrapped, because an error of the caller's database could look like an error of our
    state. `pass_on_errors` raises the original exception.
    """
    if not isinstance(site, Site):
        raise TypeError(f"site is of type {type(site).__name__} (pass a Site, such as the result of load_site)")
    if isinstance(items, (str, bytes, Mapping, Item)) or not hasattr(type(items), "__iter__"):
        raise TypeError(f"items is of type {type(items).__name__} (pass an iterable of items, such as a list)")
    return items if isinstance(items, SiteSources) else _iterate(items)


def _iterate(items: Iterable[ItemLike]) -> Iterator[ItemLike]:
    """Yield the items of a caller. An iterator without items causes a warning: it may have been used up before."""
    empty = True
    try:
        found = iter(items)
        for one in found:
            empty = False
            yield one
    except Exception as error:
        raise _CallerError(error) from error
    if empty and found is items:
        yield Problem("items", 1, "", _EMPTY, "warning")


def make_state(state: StateLike | None, *, read_only: bool = False) -> State | None:
    """Return a state, or the state at a path.

    Raises TypeError, and ValueError for a read-only state if the caller writes.
    """
    if isinstance(state, State) and state.read_only and not read_only:
        raise ValueError(f"{state}: this State is read-only (pass a State without read_only=True)")
    if state is None or isinstance(state, State):
        return state
    if isinstance(state, (str, os.PathLike)):
        return State(state, read_only=read_only)
    raise TypeError(f"state is of type {type(state).__name__} (pass a State, or the path of its file)")
