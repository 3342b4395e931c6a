"""An agreement in words, for people who read, sign and compare it."""
