"""Rules: rows as data, derivations, and the engine that judges them. Pure functions of what the probes said."""
