"""The lead: its state, how facts change it, and the parts that answer with further facts.

Read in this order: `state`, `evolve`, `cascade`, then the parts `engagement`, `qualification`, `ownership`, `life`
and `sla`, last `wake`.
"""
