"""The peers: programs that make the same documents from the same corpus. Each has its own file.

- Libraries in Python and JavaScript: the file is a command with two arguments, the corpus in JSON Lines and the output
  folder.
- Site generators: the file has a function that sets up a site and returns the command.

To add a peer, write its file, and add a line to `benchmarks/entrants.py`.
"""
