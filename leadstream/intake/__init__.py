"""Intake: ways in that are configured, requests kept before they are translated, and translated again."""
