"""States of real services, each with the verdict of a truthful expert."""
