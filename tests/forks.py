"""Runs as forks of a process that has imported what they need: two seconds less for each than `python -m`."""

from __future__ import annotations

import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_AT_THE_START = ("LANG", "LC_", "LD_", "OPENSSL_", "PYTHON", "TZ")
"""How the names of variables begin that count when a process starts, and no more later."""


class Fork:
    """A run that goes on by itself, in as much as a `subprocess.Popen` does."""

    def __init__(self, talk: socket.socket) -> None:
        self._told = talk.makefile("rb", buffering=0)  # `select` knows of nothing that was read ahead
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, once it has ended."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        """Its exit status, when it ends."""
        if self.returncode is None:
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class Zygote:
    """A process of `tests.zygote`, which ends with this one."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._env = _at_the_start(env)
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.zygote", str(theirs.fileno())],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,  # the forks write to what they are given, but this tells them that it is a pipe
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                text=True,
            )

    def can_run(self, env: dict[str, str]) -> bool:
        """Whether a fork has all of this environment."""
        return _at_the_start(env) == self._env

    def run(self, command: Sequence[str], env: dict[str, str], timeout: float) -> tuple[int, str, str]:
        """What `python -m` does with a module and its arguments; exit status, standard output, standard error.

        It returns when nobody has these open any more: the processes that the run began have ended, too.
        Raises TimeoutError.
        """
        until = time.monotonic() + timeout
        (out, their_out), (log, their_log), (talk, theirs) = os.pipe(), os.pipe(), socket.socketpair()
        with talk, os.fdopen(out), os.fdopen(log), talk.makefile() as told:
            with theirs, os.fdopen(their_out, "w"), os.fdopen(their_log, "w"):
                self._ask(command, env, (their_out, their_log), talk, theirs)
            number = told.readline()
            assert number, self._process.communicate()[0]
            try:
                out_text, log_text = _read((out, log), until)
            except BaseException:
                os.kill(int(number), signal.SIGKILL)
                raise
            return int(told.readline()), out_text, log_text

    def begin(self, command: Sequence[str], env: dict[str, str], log: Path) -> Fork:
        """The same while it runs; what it says is added to a file."""
        talk, theirs = socket.socketpair()
        with talk, theirs, log.open("ab") as file:
            self._ask(command, env, (file.fileno(), file.fileno()), talk, theirs)
            theirs.close()
            return Fork(talk)

    def _ask(
        self,
        command: Sequence[str],
        env: dict[str, str],
        streams: tuple[int, int],
        talk: socket.socket,
        theirs: socket.socket,
    ) -> None:
        """Ask for a run with these as standard output and log."""
        socket.send_fds(self._channel, [b"."], [*streams, theirs.fileno()])
        talk.sendall(json.dumps((command, env)).encode())
        talk.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End it. What runs goes on."""
        self._channel.close()
        self._process.communicate()


def _at_the_start(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_AT_THE_START)}


def _read(pipes: Sequence[int], until: float) -> list[str]:
    """All that comes through pipes, to the end of each. Raises TimeoutError."""
    texts = dict.fromkeys(pipes, b"")
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            if not (ready := selector.select(until - time.monotonic())):
                raise TimeoutError(f"It has not ended; so far it said {texts}")
            for key, _ in ready:
                piece = os.read(key.fd, 65536)
                texts[key.fd] += piece
                if not piece:
                    selector.unregister(key.fd)
    return [text.decode().replace("\r\n", "\n").replace("\r", "\n") for text in texts.values()]
