"""The report: what an archive has, what it lacks and why, on one page for people."""
