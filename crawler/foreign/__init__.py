"""Archives that others made, taken into ours: `scrapy rebuild --from PLACE`."""
