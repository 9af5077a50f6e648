"""What the demo made, and three commands to look at it."""

import gzip
import json
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Print the newest row in short, and how to see the rest."""
    [rows] = folder.glob("articles/**/*.jsonl.gz")
    [warc] = folder.glob("warc/**/*.warc.gz")
    with gzip.open(rows, "rt", encoding="utf-8") as lines:
        row = json.loads(next(lines))
    write = sys.stdout.write
    write(f"\nOne of the rows:\n  {row['title']}\n  {row['published']}  {', '.join(row['authors'])}\n")
    write(f"  {row['text'][:160]} ...\n")
    write("\nLook at the rows and at the WARC:\n")
    write(f"  gzip -dc {rows} | head -n 1\n")
    write(f"  .venv/bin/warcio index {warc}\n")
    write("\nRead and search it in a browser; Ctrl-C ends it:\n")
    write(f"  .venv/bin/scrapy serve -s ARCHIVE_URI={folder}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
