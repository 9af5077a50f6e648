"""`scrapy serve`: the archive in a browser, with a search in its texts, and the capture beside every one of them."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from archive.errors import ArgumentError, ExitStatus, StorageError
from archive.files import files_of, is_begun
from archive.storage import state_folder, state_of
from crawler.verb import Verb, complain, positional, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from archive.state import State
    from crawler.reading.room import Room


class Command(Verb):
    """Shows what is there, and changes nothing of it."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Read the archive in a browser: search, texts, captures and their proof"

    def long_desc(self) -> str:
        return (
            "Show the archive (ARCHIVE_URI: a folder, or s3://bucket/prefix) in a browser: a search in titles and "
            "texts, each article beside its capture, which runs no script and reaches no network, its proof, its "
            "versions, and a WACZ of it. Only this machine can reach the pages, unless --host says otherwise. The "
            "search index is made at the first start, in the state folder; docs/serve.md says more. Ctrl-C ends it. "
            "Exit status: 0 ended by Ctrl-C, 2 bad arguments, no archive or the port is taken, 5 storage failed."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--host", metavar="ADDRESS", default="127.0.0.1", help="listen there (default: %(default)s)"
        )
        parser.add_argument(
            "--port", metavar="NUMBER", default="8080", help="0 for any that is free (default: %(default)s)"
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Serve until somebody ends it."""
        from archive.search.index import SearchIndex
        from crawler.reading.front import Front
        from crawler.reading.room import Room
        from crawler.reading.upkeep import Upkeep

        positional(args, self.name, "scrapy serve takes no names: it shows the whole archive.", 0)
        if not opts.port.isdecimal() or int(opts.port) > 65535:
            raise UsageError(f"--port {opts.port} is none: give a number from 0 to 65535.", print_help=False)
        assert self.settings is not None
        uri, state_dir = self.settings["ARCHIVE_URI"], self.settings["STATE_DIR"]
        with ExitStack() as opened:
            files = opened.enter_context(closing(files_of(uri, state_dir)))
            if not is_begun(files):
                raise ArgumentError(
                    f"There is no archive at {files.name}: scrapy crawl OUTLET makes one, ARCHIVE_URI names another."
                )
            index = opened.enter_context(closing(SearchIndex(self._state(uri, state_dir).search)))
            upkeep = Upkeep(index, files, partial(complain, self.name))
            opened.callback(upkeep.stop)
            upkeep.visit()
            return self._serve(Room(files, index, upkeep, Front(self.settings, files).page), opts.host, int(opts.port))

    def _state(self, uri: str, state_dir: str | None) -> State:
        try:
            return state_of(uri, state_dir)
        except OSError as error:
            raise StorageError(
                f"The state folder {state_folder(uri, state_dir)} cannot be written: {error.strerror}. The search "
                "index has to lie somewhere: name a folder with STATE_DIR."
            ) from error

    def _serve(self, room: Room, host: str, port: int) -> ExitStatus:
        from twisted.internet import reactor as chosen
        from twisted.internet.error import CannotListenError

        from crawler.reading import web

        reactor: Any = chosen
        try:
            found: Callable[[], int] = web.listen(room, reactor, host, port)
        except CannotListenError as error:
            reason = getattr(error.socketError, "strerror", None) or error.socketError
            raise ArgumentError(
                f"Nobody can listen at port {port} of {host}: {reason}. Choose another one with --port, or "
                "0 for any that is free."
            ) from error
        shown = f"[{host}]" if ":" in host else host
        if not web.is_loopback(host):
            complain(
                self.name,
                f"Whoever reaches {shown} reads the whole archive: there is no password. Leave out --host to keep it "
                "to this machine.",
            )
        tell([f"http://{shown}:{found()}/  (Ctrl-C ends it)"])
        reactor.run()
        return ExitStatus.DONE
