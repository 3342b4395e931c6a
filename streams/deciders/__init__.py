"""Pure deciders: state and a fact in, facts out. No IO, no clock, no chance."""
