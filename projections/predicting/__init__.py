"""The predictive score: what the company's own outcomes say about a lead, beside the rules and never instead of them.

Naive Bayes, counted in whole numbers and multiplied exactly: no floating point takes part until a number is shown, so
the same log gives the same figures on every machine.
"""
