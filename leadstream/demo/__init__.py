"""The demo: a seeded, clearly marked simulated company, and how its traffic is shown."""
