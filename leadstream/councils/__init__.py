"""The weekly pipeline council: its matrix, read and frozen; its report, to hand round."""
