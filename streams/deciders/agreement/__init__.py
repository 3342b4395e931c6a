"""The life of an agreement: proposed, signed by both sides, published, retired.

Read in this order: `state`, `proposing`, `publishing`, `retiring`, last `decide`.
"""
