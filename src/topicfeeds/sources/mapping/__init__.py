"""Mapping: convert records of other systems to the fields of items, as their source says.

`docs/mapping.md` describes the settings. A source without them does not use this package.
"""
