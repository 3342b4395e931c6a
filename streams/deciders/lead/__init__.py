"""The lead: its state, how facts change it, and the parts that answer with further facts.

Read in this order: `state` (of `entries` and what `person` keeps), `evolve`, `cascade`, then the parts `engagement`,
`qualification`, `ownership`, `identity`, `life` and `sla`, last `commands` and `wake`.
"""
