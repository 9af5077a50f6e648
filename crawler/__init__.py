"""Discovery and fetching: knows Scrapy, knows outlets."""
