"""Output: write documents into a folder, atomically, one run at a time."""
