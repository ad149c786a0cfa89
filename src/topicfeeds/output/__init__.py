"""Output: documents are written into a folder, atomically, one run at a time."""
