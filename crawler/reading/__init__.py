"""`scrapy serve`: an archive to read in a browser."""
