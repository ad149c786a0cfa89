"""Runs: all steps in order.

`flow` contains the steps, `calls` the functions for Python, and `site` the build of a site file.
"""
