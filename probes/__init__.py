"""Probes: one system or one question a module. Every module here whose name has no leading underscore and that has PROBES is found."""
