"""Exports: looks at the data of other systems, and writes a site file for it."""
