"""The in-memory twin of the log: the same rules in dictionaries. It is the reference the others are held against."""
