"""Is it sound? Every check of a file, of its index, and of what lies between files."""
