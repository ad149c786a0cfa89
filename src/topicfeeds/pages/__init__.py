"""Pages: web pages on which people see the feeds, and subscribe to them."""
