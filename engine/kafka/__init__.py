"""The Kafka home of the log: one transaction per batch, read_committed everywhere."""
