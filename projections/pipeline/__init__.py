"""What the pipeline comes to: histories of opportunities, and the figures made of them. Pure."""
