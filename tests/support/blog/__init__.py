"""A small Django application: posts with categories, as many projects have them."""
