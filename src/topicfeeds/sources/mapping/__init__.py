"""Mapping: convert records of other systems to the fields of items, with the settings of a source.

`docs/mapping.md` describes the settings. A source without them does not use this package.
"""
