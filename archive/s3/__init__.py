"""Archives in a bucket: what waits for its upload, how it gets there, and what the server says."""
