"""How fast it is: the engine and the lead decider, on both logs, against stock Faust, in one run, results verified."""
