"""`python -m tests.zygote FD`: a process that has imported what a run imports, and forks for each that is asked for.

It has no settings and no reactor: a run reads its own environment, and has its own standard output, log and exit
status. It ends as Python ends. What forks of one process share is its seed of hashes.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import util
from types import ModuleType
from typing import Any

LIBRARIES = (
    "boto3",
    "brotli",
    "email.headerregistry",
    "feedparser",
    "isal.igzip_threaded",
    "itemadapter",
    "langdetect",
    "multiprocessing.popen_forkserver",
    "OpenSSL.SSL",
    "pebble",
    "protego",
    "pycld2",
    "readability",
    "scrapy.cmdline",
    "scrapy.commands.bench",
    "scrapy.commands.check",
    "scrapy.commands.edit",
    "scrapy.commands.fetch",
    "scrapy.commands.genspider",
    "scrapy.commands.parse",
    "scrapy.commands.shell",
    "scrapy.commands.startproject",
    "scrapy.commands.view",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.downloadermiddlewares.httpcompression",
    "scrapy.downloadermiddlewares.httpproxy",
    "scrapy.downloadermiddlewares.offsite",
    "scrapy.downloadermiddlewares.redirect",
    "scrapy.downloadermiddlewares.retry",
    "scrapy.extensions.closespider",
    "scrapy.extensions.corestats",
    "scrapy.extensions.logcount",
    "scrapy.extensions.memdebug",
    "scrapy.extensions.memusage",
    "scrapy.extensions.throttle",
    "scrapy.pqueues",
    "scrapy.resolver",
    "scrapy.spidermiddlewares.depth",
    "scrapy.spidermiddlewares.metacopy",
    "scrapy.spidermiddlewares.referer",
    "scrapy.spidermiddlewares.urllength",
    "scrapy.squeues",
    "smtplib",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "time_machine",
    "trafilatura",
    "warcio.archiveiterator",
)
OURS = ("crawler.commands", "crawler.extensions", "crawler.middlewares", "crawler.spiders", "pipelines")
"""Packages of which a crawl imports nearly every module: that takes it longer than to crawl a fake outlet."""


def main(fd: int) -> None:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy would begin threads
    for name in LIBRARIES:
        import_module(name)
    for package in OURS:
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            import_module(module.name)
    _forget("crawler.settings")
    import_module("pipelines.language").detect("Pasar apung di kampung itu ramai lagi.")  # reads what it knows of them
    assert "twisted.internet.reactor" not in sys.modules
    assert threading.active_count() == 1, "a fork has only the thread that forks"
    gc.collect()
    gc.freeze()  # collections in the forks pass over what is here, and do not copy it
    if command := _serve(fd):
        sys.argv[:] = command
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def _forget(name: str) -> None:
    """Whoever imports it next reads it anew."""
    package, _, module = name.rpartition(".")
    del sys.modules[name]
    delattr(sys.modules[package], module)


def _serve(fd: int) -> list[str] | None:
    """Fork for whoever asks; module and arguments in a process that is to run them, and nothing in the end."""
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runs are asked to go, not we
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(fileno=fd) as channel:
        while True:
            asked, fds, *_ = socket.recv_fds(channel, 1, 3)
            if not asked:
                return None
            if not os.fork():
                break
            for given in fds:
                os.close(given)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out, log, asker = fds
    with socket.socket(fileno=asker) as talk:
        with talk.makefile("rb") as order:
            command, env = json.load(order)
        if run := os.fork():
            os.close(out)
            os.close(log)
            _keep(run, talk)
    signal.signal(signal.SIGINT, interrupted)
    for number, given in enumerate((out, log), start=1):
        os.dup2(given, number)
        os.close(given)
    _set(env)
    _prepare_nursery()
    return list(command)


def _reap(*_: object) -> None:
    """Take leave of what has ended, so that its time is counted."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _keep(run: int, talk: socket.socket) -> None:
    """Tell the number of the run's process, and how it ended."""
    with suppress(OSError):  # the asker has gone
        talk.sendall(b"%d\n" % run)
        _, status = os.waitpid(run, 0)
        talk.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _set(env: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)


def _prepare_nursery() -> None:
    """A fork that becomes the fork server of the run when it begins one; else it ends with the run."""
    ours, theirs = socket.socketpair()
    nursery = os.fork()
    if not nursery:
        ours.close()
        _become(theirs)
    theirs.close()
    start = util.spawnv_passfds

    def fork(path: bytes, args: Sequence[Any], passfds: Sequence[int]) -> int:
        if ours.fileno() < 0 or not args[-1].startswith("from multiprocessing.forkserver "):
            return start(path, args, passfds)
        with ours:
            socket.send_fds(ours, [b"."], passfds)
            ours.sendall(json.dumps((args[-1], passfds, dict(os.environ))).encode())
        return nursery

    util.spawnv_passfds = fork


def _become(theirs: socket.socket) -> None:
    """`python -c CODE`, with these files under these numbers."""
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # before it is begun it is not there
    with theirs:
        asked, fds, *_ = socket.recv_fds(theirs, 1, 8)
        if not asked:
            os._exit(0)
        with theirs.makefile("rb") as order:
            code, numbers, env = json.load(order)
    aside = [fcntl.fcntl(given, fcntl.F_DUPFD, 100) for given in fds]
    for given in fds:
        os.close(given)
    for given, number in zip(aside, numbers, strict=True):
        os.dup2(given, number)
        os.close(given)
    _set(env)
    signal.signal(signal.SIGINT, interrupted)
    sys.argv = ["-c"]
    sys.modules["__main__"] = ModuleType("__main__")
    with suppress(SystemExit):
        exec(code, vars(sys.modules["__main__"]))
    os._exit(0)  # to take apart what was imported costs more than it did


if __name__ == "__main__":
    main(int(sys.argv[1]))
