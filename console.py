"""How govcloud speaks on a terminal: language, JSON, colour, findings, failures."""
