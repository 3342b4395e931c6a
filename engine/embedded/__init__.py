"""What the logs without a broker have in common: limits, wake-up, and sharing partitions between live processes."""
