"""What is different between two sets of rows: of archives, extractors, datasets. Nothing here fetches or writes."""
