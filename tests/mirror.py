"""`python -m tests.mirror END ...`: what a process sees of itself, as JSON; how it ends then is what END says."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path


def seen() -> dict[str, object]:
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return {
        "arguments": sys.argv,
        "package": __spec__.name,
        "folder": str(Path.cwd()),
        "path": sys.path,
        "environment": dict(os.environ),
        "streams": [(stream.encoding, stream.errors, stream.line_buffering, stream.isatty()) for stream in streams],
        "pipes": [str(Path(f"/proc/self/fd/{number}").readlink()).split(":")[0] for number in range(3)],
        "inherited": [fd for fd in range(3, 100) if Path(f"/proc/self/fd/{fd}").exists() and os.get_inheritable(fd)],
        "signals": {number.name: str(signal.getsignal(number)) for number in signal.Signals},
        "masked": [str(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
        "threads": [thread.name for thread in threading.enumerate()],
        "settings": "crawler.settings" in sys.modules,
        "reactor": "twisted.internet.reactor" in sys.modules,
    }


def show() -> None:
    print(json.dumps(seen()), flush=True)


if __name__ == "__main__":
    show()
    match sys.argv[1]:
        case "raise":
            raise RuntimeError("as it says")
        case "sleep":
            time.sleep(60)
        case "child":
            if not os.fork():
                time.sleep(0.5)
                print("the child, too")
        case "worker":
            os.environ["LATER"] = "1"
            worker = multiprocessing.get_context("forkserver").Process(target=show)
            worker.start()
            worker.join()
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case status:
            sys.exit(int(status))
