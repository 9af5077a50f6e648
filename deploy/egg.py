#!/usr/bin/env python3
"""`.venv/bin/python deploy/egg.py arsip.egg`: the project in one file, as Scrapyd takes it.

It is the wheel with EGG-INFO beside the packages. What a wheel has for itself stays in it: Scrapyd gives an egg another
name, and then that is what still knows the version.
"""

import os
import sys
import tempfile
import zipfile
from pathlib import Path

from hatchling.build import build_wheel

PROJECT = Path(__file__).resolve().parent.parent
INFO = {"METADATA": "PKG-INFO", "entry_points.txt": "entry_points.txt"}


def main(name: str) -> None:
    """Write the egg. Raises OSError."""
    egg = Path(name).resolve()
    os.chdir(PROJECT)  # where the build looks for the project
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / build_wheel(folder)
        with zipfile.ZipFile(wheel, "a") as packed:
            for member in packed.namelist():
                _, _, rest = member.partition(".dist-info/")
                if rest in INFO:
                    packed.writestr(f"EGG-INFO/{INFO[rest]}", packed.read(member))
        egg.write_bytes(wheel.read_bytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
