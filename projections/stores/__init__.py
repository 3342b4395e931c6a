"""Where rows can be asked for: one port, one schema, one file per database."""
