"""Run a command against the fake outlets: `python -m tests.fakesite [--wall] [--port N] -- COMMAND ...`."""

import argparse
import os
import shlex
import signal
import subprocess
import sys

from tests.fakesite.server import FakeSite


def main() -> int:
    """Exit status of the command; without one, serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakesite", description=__doc__)
    parser.add_argument("--wall", action="store_true", help="refuse everything but robots.txt with 403")
    parser.add_argument("--port", type=int, default=0, help="port of the proxy (any free one by default)")
    parser.add_argument("command", nargs="*", help="what to run, after --")
    options = parser.parse_args()
    with FakeSite(wall=options.wall, port=options.port) as site:
        return _run(options.command, site.env()) if options.command else _serve(site.env())


def _run(command: list[str], env: dict[str, str]) -> int:
    try:
        child = subprocess.Popen(command, env=os.environ | env)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return 127
    # Ctrl-C reaches the child by itself: it decides how it ends, and we wait for it.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    status = child.wait()
    return status if status >= 0 else 128 - status


def _serve(env: dict[str, str]) -> int:
    proxies = " ".join(f"{name}={shlex.quote(value)}" for name, value in env.items() if name.endswith("_proxy"))
    sys.stdout.write(f"export {proxies}\nexport SSL_CERT_FILE={shlex.quote(env['SSL_CERT_FILE'])}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
