"""Nothing to do is nothing done: whether a build would change anything, told from stats alone.

What a build needs to load takes longer than all of this; so this looks at the command's arguments itself, and
leaves all that it does not know to the command. Nothing is opened for writing.
"""

from __future__ import annotations

import os

from .documents import OUTPUT_FOLDERS, find_leftovers
from .files import snapshot
from .store import State
from .versions import describe_versions


def is_up_to_date(state: State, site: str, folder: str, now: float) -> bool:
    """Tell whether sources, site file, versions and documents are as the state, which is open, knows them."""
    inputs = state.inputs()
    days = state.meta("retire_days")
    if not inputs or not isinstance(days, int) or state.meta("versions") != describe_versions():
        return False
    due, last = state.due(days), state.meta("now")
    if (due is not None and due <= now) or (isinstance(last, int) and now < last):
        return False  # what was due by the last run may not be now
    if snapshot(site, inputs, state.stamps()).changed:
        return False
    folders = set(OUTPUT_FOLDERS)
    for document in state.documents():
        folders.add(os.path.dirname(document.path))
        if document.retired is None and not document.stands(folder):
            return False
    return not any(True for _ in find_leftovers(folder, folders))
