"""The vendors whose webhooks only say that something changed, one file each: their HTTP contracts, pure."""
