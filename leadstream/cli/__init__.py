"""The command line: people and scripts call it, so names, options and exit codes stay."""

from leadstream.cli.root import main

__all__ = ["main"]
