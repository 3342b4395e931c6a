"""The read models: pure, one a file. No log, no loop, no clock."""
