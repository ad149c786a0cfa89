"""Pure functions on text: no I/O, and no imports from the rest of the package."""
