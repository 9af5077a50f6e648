"""What is kept, and how to read it: no Scrapy, no Twisted."""
