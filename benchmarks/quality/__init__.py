"""How good the extraction is, beside other extractors, on the same pages in the same run: `make eval`."""
