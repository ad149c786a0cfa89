"""Exports: examine the data of other systems, and write a site file for it."""
