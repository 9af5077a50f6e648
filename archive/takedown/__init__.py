"""Taking an article out of an archive: rows, records and indexes, so that every other byte and proof stands."""
