"""A process that dies at a chosen step, as far as the code around it can tell."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def dying_at_rename(monkeypatch: pytest.MonkeyPatch, step: int) -> Iterator[None]:
    """Let so many files be renamed, and stop everything at the next; what was opened stays open, as after a kill."""
    steps, rename = 0, Path.rename

    def dying(self: Path, target: Path) -> Path:
        nonlocal steps
        if steps == step:
            raise KeyboardInterrupt
        steps += 1
        return rename(self, target)

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(Path, "rename", dying)
        yield
