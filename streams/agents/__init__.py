"""Thin shells around the deciders: unwrap a record, call, append. They import no Faust."""
