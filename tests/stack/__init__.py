"""Real services for the tests, started from nothing and taken away again."""
