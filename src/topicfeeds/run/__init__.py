"""Runs: all steps in order.

`flow` has the steps, `calls` the functions of the library, `site` the build of the command.
"""
