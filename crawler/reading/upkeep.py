"""The search index kept up with its archive while people read."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from archive.errors import StorageError
from archive.files import Files
from archive.search.index import SearchIndex

logger = logging.getLogger(__name__)

PAUSE = 60.0
"""Seconds after which somebody's visit is a reason to look for new rows."""


class Stopped(Exception):
    """The server ends."""


class Upkeep:
    """Reads new parts in the background when somebody comes, and not while nobody does."""

    def __init__(self, index: SearchIndex, files: Files, complain: Callable[[str], None]) -> None:
        self._index, self._files, self._complain = index, files, complain
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = float("-inf")
        self._stopping = threading.Event()
        self._done, self._all = 0, 0
        self._problem = ""

    def visit(self) -> None:
        """Somebody is here."""
        with self._lock:
            is_at_work = self._thread is not None and self._thread.is_alive()
            if is_at_work or self._stopping.is_set() or time.monotonic() - self._ended < PAUSE:
                return
            self._done = self._all = 0
            self._thread = threading.Thread(target=self._refresh, name="upkeep")
            self._thread.start()

    def wait(self) -> None:
        """Wait until what has begun is done."""
        if self._thread:
            self._thread.join()

    def stop(self) -> None:
        """Stop before the next part."""
        self._stopping.set()
        self.wait()

    @property
    def remark(self) -> str:
        """What a reader of the search must know; empty when it knows all."""
        if self._problem:
            return f"The search may lack what is new: {self._problem}"
        if self._done < self._all:
            return (
                f"New rows are being read, {self._done} of {self._all} files so far: the search does not know them all."
            )
        return ""

    def _refresh(self) -> None:
        try:
            self._index.refresh(self._files, self._tell, self._complain)
            self._problem = ""
        except Stopped:
            pass
        except (StorageError, OSError) as error:
            if str(error) != self._problem:
                self._complain(str(error))
            self._problem = str(error)
        except Exception:
            logger.exception("The search index was not brought up to date.")
            self._problem = "a fault of ours, which the log describes."
        finally:
            self._ended = time.monotonic()

    def _tell(self, done: int, of: int) -> None:
        if self._stopping.is_set():
            raise Stopped
        self._done, self._all = done, of
