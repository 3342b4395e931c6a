"""Other stream processors doing the simple workload, each with its own recommended settings."""
