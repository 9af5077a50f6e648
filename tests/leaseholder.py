"""Jobs in processes of their own, which do what they are told line by line."""

from __future__ import annotations

import subprocess
import sys
from functools import partialmethod
from pathlib import Path

from archive import holding
from archive.catalog import Catalog
from archive.errors import ArsipError
from archive.job import Job
from archive.model import Article, Verdict
from archive.outcome import Outcome


class Holder:
    """A machine of its own, with its own state folder, whose leases last for `seconds`."""

    def __init__(self, folder: Path, machine: str, catalog_uri: str, seconds: float = 60) -> None:
        command = [sys.executable, "-m", "tests.leaseholder", f"{folder}/data", f"{folder}/{machine}", catalog_uri]
        self.process = subprocess.Popen(
            [*command, str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def wait(self) -> None:
        """Wait until it can do what it is told without delay."""
        assert self._tell("") == "ready"

    def begin(self, outlet: str) -> str:
        """Begin a job: "fence N", or the error with which it could not."""
        return self._tell(outlet)

    def keep(self, url: str) -> str:
        """Make an address known: "kept", or the error with which that failed."""
        return self._tell(url)

    def kill(self) -> None:
        """End it as kill -9 does."""
        self.process.kill()
        self.process.communicate()

    def _tell(self, line: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def main(archive: str, state: str, catalog_uri: str, seconds: str) -> None:
    """Obey a `Holder`: an empty line is answered, the first other one is the outlet, each further one an address."""
    holding.LEASE_SECONDS = float(seconds)  # type: ignore[attr-defined]
    Catalog.take_lease = partialmethod(Catalog.take_lease, seconds=float(seconds))  # type: ignore[assignment,method-assign]
    job: Job | None = None
    for line in map(str.strip, sys.stdin):
        try:
            if not line:
                print("ready", flush=True)
            elif job is None:
                job = Job(outlet=line, archive_uri=archive, state_dir=state, catalog_uri=catalog_uri)
                print("fence", job._holding.fence, flush=True)
            else:
                article = Article(id=line, outlet=job.outlet, url=line)
                job.keep(Outcome(article=article, verdict=Verdict.LISTING))
                job.commit()
                print("kept", flush=True)
        except ArsipError as error:
            print(type(error).__name__, error, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
