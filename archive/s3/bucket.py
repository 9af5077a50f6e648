"""A bucket of an S3 server: what is there, and what is in it. `archive/s3/sending.py` is the way in."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import IO, TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    InvalidRegionError,
    ReadTimeoutError,
)
from botocore.loaders import Loader, create_loader
from botocore.session import get_session

from archive.errors import StorageError, StorageRefused, StorageUnreachable
from archive.s3.abilities import Abilities, abilities_of
from archive.s3.body import began
from archive.s3.refusals import LEAKING, code_of, explain, in_our_words, public

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

T = TypeVar("T")
for _name in ("boto3", "botocore"):  # more than warnings tells which credentials they use, and how they sign
    if not logging.getLogger(_name).level:
        logging.getLogger(_name).setLevel(logging.WARNING)
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)  # a head that is cut is an error of ours anyway
ATTEMPTS = 3
"""How often something is asked for before an answer that is cut, or no answer, is an error."""
PAUSE = 0.1
"""Seconds before it is asked for again, at first."""
TRIES = 2
"""How often boto3 sends the same request; those who upload begin again later anyway."""
ASKING_SECONDS, SENDING_SECONDS = 20.0, 60.0
"""How long a server may be silent: when somebody waits for it, and when files are sent in the background."""
SILENCE = 30.0
"""Seconds for which a server that gave no answer is not asked for something that a crawl waits for."""
CHUNK = 1 << 20
ABSENT = {"404", "NoSuchKey", "NotFound"}
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Bucket:
    """Files under keys, below the prefix of an address `s3://bucket/prefix`. Safe for threads.

    Nothing is asked before it is used. Every method raises StorageUnreachable when there is no answer, or none that
    holds now; StorageRefused when a person must act first; StorageError.
    """

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self.uri = uri
        self.name = parts.netloc
        self.prefix = parts.path.strip("/") + "/" if parts.path.strip("/") else ""
        self._clients: dict[float, S3Client] = {}
        self._making = threading.Lock()
        self._silent: tuple[float, str] | None = None

    @property
    def place(self) -> str:
        """How messages name it."""
        client = next(iter(self._clients.values()), None)
        at = f" at {public(client.meta.endpoint_url)}" if client else ""
        return f"bucket {self.name}{at}"

    @property
    def abilities(self) -> Abilities:
        """What the server can do."""
        self.sending()
        return abilities_of(self.place)

    def asking(self) -> S3Client:
        """A client for what somebody waits for."""
        return self._client(ASKING_SECONDS, 1)

    def sending(self) -> S3Client:
        """A client for uploads, which may take their time."""
        return self._client(SENDING_SECONDS, TRIES)

    def renew(self) -> None:
        """Read the credentials again, which may have been changed."""
        with self._making:
            self._clients.clear()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._making:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def where(self, key: str) -> str:
        """Address of a file."""
        return f"s3://{self.name}/{self.prefix}{key}"

    def expect_answer(self) -> None:
        """Raises StorageUnreachable at once if the server gave no answer a moment ago."""
        silent = self._silent
        if silent and time.monotonic() - silent[0] < SILENCE:
            raise StorageUnreachable(silent[1])

    def check(self) -> None:
        """Is the bucket there, and are we welcome?"""
        self._page("", None, 1)  # HEAD would be cheaper, but its refusals have no reason

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin so, sorted by their bytes; a thousand are asked for at a time."""
        token: str | None = None
        while True:
            found, token = self._page(prefix, token, 1000)
            yield from (key for key, _ in found)
            if not token:
                return

    def size(self, key: str) -> int:
        """Bytes of a file. Listed: the head of an answer may be cut within a number, and nobody would know."""
        found, _ = self._page(key, None, 1)
        if not found or found[0][0] != key:
            raise StorageError(f"{self.where(key)} is not there.")
        return found[0][1]

    def exists(self, key: str) -> bool:
        """Is there a file under `key`?"""
        return self.head(key) is not None

    def head(self, key: str) -> HeadObjectOutputTypeDef | None:
        """What the server knows of a file; None when there is none. An answer that was cut lacks fields."""
        return self._persist(lambda: self._head(key))

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Bytes of a file, fewer at its end."""
        if length <= 0:
            return b""
        return self._persist(lambda: self._read(key, offset, length))

    def fetch(self, key: str, file: IO[bytes]) -> str:
        """Copy a whole file into one that is open for writing; its SHA-256, hexadecimal. Raises OSError."""

        def copy() -> str:
            file.seek(0)
            file.truncate()
            return self.sha256(key, write=file.write)

        return self._persist(copy)

    def sha256(self, key: str, write: Callable[[bytes], object] = lambda _: None) -> str:
        """SHA-256 of a file, hexadecimal, read once from its beginning to its end."""
        whole, size = hashlib.sha256(), 0
        with self.answering(key):
            answer = self.asking().get_object(Bucket=self.name, Key=self.prefix + key)
            with closing(answer["Body"]) as body:
                while data := body.read(CHUNK):
                    write(data)
                    whole.update(data)
                    size += len(data)
        if size != answer.get("ContentLength"):
            raise StorageUnreachable(f"{self.where(key)} was cut short at byte {size}.")
        return whole.hexdigest()

    @contextmanager
    def answering(self, key: str = "") -> Iterator[None]:
        """Turn what boto3 raises into our errors, and remember a server that says nothing at all."""
        try:
            yield
        except LEAKING as error:
            if key and code_of(error) in ABSENT:
                raise StorageError(f"{self.where(key)} is not there.") from error
            explained = explain(error, self.place)
            if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
                self._silent = (time.monotonic(), str(explained))
            raise explained from error
        self._silent = None

    def _client(self, patience: float, tries: int) -> S3Client:
        with self._making:
            client = self._clients.get(patience)
            if client is None:
                config = Config(
                    retries={"total_max_attempts": tries, "mode": "standard"},
                    connect_timeout=10,
                    read_timeout=patience,
                )
                with in_our_words(f"bucket {self.name}"):
                    try:
                        client = _session().client("s3", config=config)
                    except InvalidRegionError:
                        raise
                    except ValueError as error:  # its words repeat the address, and a password in it
                        raise StorageRefused(
                            "The address of the server is none that begins with http:// or https://: check "
                            "AWS_ENDPOINT_URL."
                        ) from error
                client.meta.events.register("before-send.s3", began)
                self._clients[patience] = client
            return client

    def _head(self, key: str) -> HeadObjectOutputTypeDef | None:
        with self.answering():
            try:
                return self.asking().head_object(Bucket=self.name, Key=self.prefix + key, ChecksumMode="ENABLED")
            except ClientError as error:
                if code_of(error) in ABSENT:
                    return None
                self._list(key, 1, {})  # the refusal of a HEAD has no reason, that of a list does
                raise

    def _page(self, prefix: str, token: str | None, most: int) -> tuple[list[tuple[str, int]], str | None]:
        """Keys and sizes, and where the next ones begin."""
        more = {"ContinuationToken": token} if token else {}
        return self._persist(lambda: self._list(prefix, most, more))

    def _list(self, prefix: str, most: int, more: dict[str, str]) -> tuple[list[tuple[str, int]], str | None]:
        with self.answering():
            answer = self.asking().list_objects_v2(
                Bucket=self.name,
                Prefix=self.prefix + prefix,
                MaxKeys=most,
                **more,  # type: ignore[arg-type]
            )
        if "IsTruncated" not in answer:  # its head was cut: nothing else tells it from an empty bucket
            raise StorageUnreachable(f"{self.place} gave a list that was cut short.")
        found = [(entry["Key"].removeprefix(self.prefix), entry["Size"]) for entry in answer.get("Contents", [])]
        return found, answer.get("NextContinuationToken")

    def _read(self, key: str, offset: int, length: int) -> bytes:
        with self.answering(key):
            try:
                answer = self.asking().get_object(
                    Bucket=self.name, Key=self.prefix + key, Range=f"bytes={offset}-{offset + length - 1}"
                )
            except ClientError as error:
                if code_of(error) == "InvalidRange":
                    return b""
                raise
            with closing(answer["Body"]) as body:
                data = body.read()
        match = _RANGE.fullmatch(answer.get("ContentRange", ""))
        if not match:
            raise StorageUnreachable(f"{self.where(key)} was asked for a range and gave another answer.")
        first, last, total = map(int, match.groups())
        if (first, last) != (offset, min(offset + length, total) - 1) or len(data) != last - first + 1:
            raise StorageUnreachable(f"{self.where(key)} was cut short at byte {offset + len(data)}.")
        return data

    def _persist(self, act: Callable[[], T]) -> T:
        for attempt in range(1, ATTEMPTS):
            try:
                return act()
            except StorageUnreachable:
                if self._silent:  # it was waited for long enough
                    raise
                time.sleep(PAUSE * attempt)
        return act()


@cache
def _descriptions() -> Loader:
    """What boto3 knows of S3, read once a process: nine tenths of what a client costs."""
    return create_loader()


def _session() -> Session:
    """A session with credentials of its own, which are looked for anew."""
    session = get_session()
    session.register_component("data_loader", _descriptions())
    return Session(botocore_session=session)
