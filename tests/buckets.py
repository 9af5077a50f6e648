"""Real S3 servers on loopback: SeaweedFS, which keeps what S3 promises, and moto, which checks no checksum.

`tests/proxy.py` is what goes wrong between them and us.
"""

from __future__ import annotations

import gc
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

KEY, SECRET = "key", "secret"
TORN = (
    # An answer that is cut within its head leaves boto3 with a date that is none, and a connection that nobody closes.
    "ignore:tzname",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
"""For `pytest.mark.filterwarnings(*TORN)` and `pytest.mark.usefixtures("torn")`: tests that cut answers."""
READY_SECONDS = 60


def free_port() -> int:
    """A port that nobody listens at, that nobody else is told, and that no outgoing connection is given."""
    return next(filter(_is_free, _PORTS))


def _ports() -> Iterator[int]:
    """Ports below the ephemeral ones, each once; what one worker of pytest-xdist has, no other one has."""
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER", "gw0"), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    mine = [*range(10_000 + int(worker[2:]), 32_000, int(workers))]
    random.shuffle(mine)
    yield from mine


_PORTS = _ports()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def environment(endpoint: str) -> dict[str, str]:
    """What boto3 needs to find a server and to be welcome there."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def connect(endpoint: str) -> S3Client:
    """A client that tries once."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(
            retries={"total_max_attempts": 1},
            connect_timeout=2,
            read_timeout=20,
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
        ),
    )


class Server(ABC):
    """An S3 server in a process of its own; `with` ends it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        return environment(self.endpoint)

    def start(self) -> None:
        """Start, or start again on the same data and port, and wait until it keeps what it is given."""
        assert self._process is None
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, cwd=self._folder)
        until = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                log_end = (self._folder / "log").read_text(errors="replace")[-2000:]
                self.kill()
                raise RuntimeError(f"{type(self).__name__} did not start:\n{log_end}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL."""
        self._client.close()
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> S3Client:
        """A client that tries once, for the tests' own questions; always the same one."""
        return self._client

    @cached_property
    def _client(self) -> S3Client:
        return connect(self.endpoint)

    def make_bucket(self) -> str:
        """Make an empty bucket; its name."""
        name = f"arsip-{secrets.token_hex(6)}"
        self._client.create_bucket(Bucket=name)
        return name

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @abstractmethod
    def _command(self) -> list[str]: ...

    def _is_ready(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if not any(bucket["Name"] == "ready" for bucket in self._client.list_buckets()["Buckets"]):
                self._client.create_bucket(Bucket="ready")
            self._client.put_object(Bucket="ready", Key="ready", Body=b"x" * 5000)
            return self._client.get_object(Bucket="ready", Key="ready")["Body"].read() == b"x" * 5000
        except (BotoCoreError, ClientError):
            return False


class SeaweedFS(Server):
    """Verifies signatures and checksums, knows If-None-Match, and keeps its data over a SIGKILL.

    `restarts`: be back within some five seconds of it, at the price of a start of nine in place of four.
    """

    def __init__(self, folder: Path, *, restarts: bool = False) -> None:
        super().__init__(folder)
        self._restarts = restarts
        self._ports = [free_port() for _ in range(7)]

    def _command(self) -> list[str]:
        data, config = self._folder / "data", self._folder / "s3.json"
        data.mkdir(exist_ok=True)
        credentials = [{"accessKey": KEY, "secretKey": SECRET}]
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        config.write_text(
            json.dumps({"identities": [{"name": "admin", "credentials": credentials, "actions": actions}]})
        )
        master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3_grpc = self._ports
        options = {
            "dir": data,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": master,
            "master.port.grpc": master_grpc,
            "master.volumeSizeLimitMB": 64,
            "volume.port": volume,
            "volume.port.grpc": volume_grpc,
            "volume.max": 5000,  # each bucket takes seven
            "filer.port": filer,
            "filer.port.grpc": filer_grpc,
            "s3.port": self.port,
            "s3.port.grpc": s3_grpc,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.config": config,
            "s3.autoCreateBucket": "false",
            "metricsPort": 0,
        }
        flags = ["-filer", "-s3", *(["-master.raftHashicorp"] if self._restarts else [])]
        weed = Path(sys.executable).with_name("weed")
        return [
            str(weed),
            "-logtostderr=true",
            "server",
            *flags,
            *(f"-{name}={value}" for name, value in options.items()),
        ]


class Moto(Server):
    """Starts in half a second; verifies neither credentials nor checksums, and forgets everything when it ends."""

    def _command(self) -> list[str]:
        program = Path(sys.executable).with_name("moto_server")
        return [str(program), "-H", "127.0.0.1", "-p", str(self.port)]


@dataclass(frozen=True)
class Place:
    """An empty bucket on a server."""

    server: Server
    name: str

    @property
    def uri(self) -> str:
        """An address for ARCHIVE_URI."""
        return f"s3://{self.name}/arsip"

    @property
    def env(self) -> dict[str, str]:
        """The environment of a process that is to use it."""
        return self.server.env | {"ARCHIVE_URI": self.uri}

    def tags(self) -> dict[str, str]:
        """Key in the archive -> ETag, of everything there is."""
        pages = self.server.client().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix="arsip/")
        found = [entry for page in pages for entry in page.get("Contents", [])]
        return {entry["Key"].removeprefix("arsip/"): entry["ETag"] for entry in found}

    def fetch(self, key: str) -> bytes:
        """Bytes of one file."""
        return self.server.client().get_object(Bucket=self.name, Key=f"arsip/{key}")["Body"].read()

    def content(self) -> dict[str, bytes]:
        """Key in the archive -> bytes, of everything there is."""
        return {key: self.fetch(key) for key in self.tags()}

    def put(self, key: str, data: bytes) -> None:
        """Put a file there, as another would."""
        self.server.client().put_object(Bucket=self.name, Key=f"arsip/{key}", Body=data)


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A SeaweedFS for all tests of this process: make a bucket of your own, and do not kill it."""
    with SeaweedFS(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A moto server for all tests of this process: make a bucket of your own, and do not kill it."""
    with Moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(params=["seaweed", "moto"])
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty bucket on either server; the environment leads boto3 there."""
    return place(request.getfixturevalue(request.param), monkeypatch)


@pytest.fixture
def sound_bucket(seaweed: Server, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty bucket on SeaweedFS; the environment leads boto3 there."""
    return place(seaweed, monkeypatch)


@pytest.fixture
def quick_bucket(moto: Server, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty bucket on moto; the environment leads boto3 there."""
    return place(moto, monkeypatch)


@pytest.fixture
def torn() -> Iterator[None]:
    """What such a test leaves is collected while its filters hold, and not in the next test."""
    yield
    gc.collect()


def place(server: Server, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Make an empty bucket, and lead boto3 to it."""
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    return Place(server, server.make_bucket())
