"""What can be said: frozen, typed facts, their envelope and their bytes. No IO, no clock."""
