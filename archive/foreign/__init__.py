"""What other crawlers archived: WARC and WACZ files of any make, read as they are."""
