"""States on disk, in RocksDB: a copy of the changelog that may be larger than memory."""
