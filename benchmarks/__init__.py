"""Measure what topicfeeds costs, compared with its peers: the same corpus, the same job, whole processes.

The documents of all programs are compared, to check that all did the same job.
"""
