"""The item path: Scrapy components around pure functions."""
