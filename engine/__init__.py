"""How facts are kept and moved, exactly once. Knows bytes, keys and positions; nothing of what they mean."""
