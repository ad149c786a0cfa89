"""Functions of text alone: no I/O, no other part of the package."""
