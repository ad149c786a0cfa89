"""What topicfeeds costs beside its peers: one corpus, one job, whole processes, and a check that all did the same."""
