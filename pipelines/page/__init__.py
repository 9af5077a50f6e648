"""One page taken apart: its tree, its blocks of text, what it says in metadata and scripts, who is named on it."""
