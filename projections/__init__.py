"""What can be seen: the read side. Views fold facts into rows, topics carry the rows, stores answer questions."""
