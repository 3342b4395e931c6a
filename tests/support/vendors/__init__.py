"""Vendors on this machine: their APIs over real HTTP, with their tokens, limits, pages and outages."""
