"""The variables of hosts, a module per subject."""
