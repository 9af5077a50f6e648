"""What an S3 server can do of what we ask for: found out by asking, once in a process, and said once."""

from __future__ import annotations

import functools
import logging
import threading
from typing import Protocol, TypeVar

from botocore.exceptions import ClientError

from archive.s3.refusals import code_of

logger = logging.getLogger(__name__)

R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")
TAKEN = {"PreconditionFailed", "412"}
"""Answers to a condition that does not hold (RFC 9110, section 15.5.13)."""
_UNKNOWN = {"NotImplemented", "InvalidArgument", "InvalidRequest", "UnsupportedArgument", "501", "400"}
"""Answers to a field that a server does not know. They may have other reasons."""


class Call(Protocol[R_co]):
    """A request in more or fewer words."""

    def __call__(self, *, conditional: bool, checksums: bool) -> R_co:
        """`conditional`: with If-None-Match or If-Match; `checksums`: with x-amz-checksum-sha256."""


class Abilities:
    """Of one bucket on one server. Everything is expected of it until it shows otherwise. Safe for threads."""

    def __init__(self, place: str) -> None:
        self.conditional = True
        """Does it know If-None-Match and If-Match on writes?"""
        self.checksums = True
        """Does it take SHA-256 checksums?"""
        self.proved = False
        """Did it refuse to overwrite a file, when that was tried?"""
        self._place = place
        self._proving = threading.Lock()

    def adapt(self, call: Call[T], *, writes: bool) -> T:
        """Ask in full; if the server does not know what is asked for, in ever simpler words, and remember them.

        `writes`: does it make a file, so that there is a condition? Raises ClientError and what else boto3 raises.
        """
        conditional, checksums = self.conditional, self.checksums
        try:
            return call(conditional=conditional, checksums=checksums)
        except ClientError as error:
            if code_of(error) not in _UNKNOWN:
                raise
            refused = error
        simpler = [(False, checksums)] if writes and conditional else []
        if checksums:
            simpler += [(conditional, False), (False, False)] if writes and conditional else [(conditional, False)]
        for conditional, checksums in simpler:
            try:
                result = call(conditional=conditional, checksums=checksums)
            except ClientError as error:
                if code_of(error) not in _UNKNOWN:
                    raise
            else:
                self._learn(conditional=conditional, checksums=checksums)
                return result
        raise refused

    def prove(self, call: Call[object]) -> None:
        """Write a file again: a server that keeps its word refuses it, another overwrites it with itself."""
        with self._proving:
            if self.proved or not self.conditional:
                return
            try:
                call(conditional=True, checksums=self.checksums)
            except ClientError as error:
                self.proved = code_of(error) in TAKEN
            else:
                self._learn(conditional=False, checksums=self.checksums)

    def gives_no_checksum(self) -> None:
        """An answer had none."""
        say_once(
            f"{self._place} gives no SHA-256 checksums: uploads are compared by their MD5, or by reading them back."
        )

    def _learn(self, *, conditional: bool, checksums: bool) -> None:
        if self.conditional and not conditional:
            say_once(
                f"{self._place} cannot be told not to overwrite (If-None-Match): every upload looks first. Let no two "
                "machines crawl one outlet at the same time without a CATALOG_URI that they share."
            )
        if self.checksums and not checksums:
            say_once(f"{self._place} takes no SHA-256 checksums: uploads are sent with an MD5.")
        self.conditional, self.checksums = conditional, checksums


@functools.cache
def abilities_of(place: str) -> Abilities:
    """Shared by all that use one bucket in this process. `place` names bucket and server."""
    return Abilities(place)


@functools.cache
def say_once(sentence: str) -> None:
    """Warn, but not again."""
    logger.warning("%s", sentence)
