"""Random input: files for the readers, and sites."""
