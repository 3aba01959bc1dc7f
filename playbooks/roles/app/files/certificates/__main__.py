"""`python -m certificates SETTINGS`: run one copy of the service."""

from certificates.serve import main

main()
