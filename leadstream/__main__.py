"""`python -m leadstream` is the command line."""

from leadstream.cli import main

main()
