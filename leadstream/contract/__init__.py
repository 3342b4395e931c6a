"""What other teams rely on: schemas of facts, the AsyncAPI document, the page of reference."""
