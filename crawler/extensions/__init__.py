"""Around a job: its end, its progress."""
