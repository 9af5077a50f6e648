"""What a page says about its article, each fact from the best place that has it."""
