"""The states, a module a row."""
