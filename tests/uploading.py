"""`python -m tests.uploading ARCHIVE_URI STATE_DIR`: uploads what waits in a state folder, and may be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from archive.s3 import digests
from archive.s3.remote import RemoteStorage

if __name__ == "__main__":
    digests.PART_SIZE = 5 << 20
    storage = RemoteStorage(sys.argv[1], Path(sys.argv[2]))
    left = storage.drain(30)
    storage.close()
    sys.exit(6 if left else 0)
