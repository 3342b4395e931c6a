"""Connectors: what a vendor's request says, as facts. Pure: bytes in, facts or a rejection out, the same every time."""
