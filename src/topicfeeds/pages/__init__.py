"""Pages: web pages that show the feeds and explain how to subscribe."""
