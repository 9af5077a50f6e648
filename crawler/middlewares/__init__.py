"""Between the engine and the wire: what is archived already, robots.txt, redirects, retries."""
