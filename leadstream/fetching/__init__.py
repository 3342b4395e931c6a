"""Fetching: what vendors only announce is read from them, page by page, and put through the same intake as a hook."""
