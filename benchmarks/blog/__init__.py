"""A small application of Django, for the benchmark of web views."""
