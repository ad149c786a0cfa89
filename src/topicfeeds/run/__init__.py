"""Runs: all steps in order. `flow` has the steps, `calls` what the library offers, `site` what the command does."""
