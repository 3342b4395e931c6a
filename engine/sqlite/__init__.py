"""The embedded log: one SQLite file, several processes, durable at every commit."""
