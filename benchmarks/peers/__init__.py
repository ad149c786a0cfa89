"""The peers: programs that make the same documents from the same corpus.

One file each. Those in Python and JavaScript are commands of two arguments, the corpus in JSON Lines and the folder to
write to; generators of sites have a function that sets one up in a folder, and gives its command. To add a peer, write
its file and its line in `benchmarks/entrants.py`.
"""
