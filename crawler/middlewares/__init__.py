"""Between the engine and the wire: robots.txt, redirects, retries."""
