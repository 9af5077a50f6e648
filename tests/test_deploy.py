"""What a scheduler is given: it is read by the programs that read it in earnest, and runs as they run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from archive.errors import ExitStatus
from tests.fakesite import FakeSite
from tests.runs import ROOT, read_lines

DEPLOY = ROOT / "deploy"
DOWNLOAD_SECONDS = 45
"""DOWNLOAD_TIMEOUT: what a request that is on the wire may take when a crawl is asked to end."""
QUIET = {ExitStatus.UPLOADS_PENDING, ExitStatus.LEASED, ExitStatus.INTERRUPTED}
"""Ends after which nobody is woken: the next run does the rest."""

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")


@dataclass(frozen=True)
class Home:
    """A user's home, a checkout in it, and a systemctl that only notes what it is asked."""

    folder: Path
    project: Path

    @property
    def units(self) -> Path:
        return self.folder / ".config" / "systemd" / "user"

    @property
    def environment(self) -> Path:
        return self.folder / ".config" / "arsip-berita" / "env"

    def install(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            [self.project / "deploy" / "install", *arguments],
            env={"HOME": str(self.folder), "PATH": path, **extra},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text(encoding="utf-8").splitlines()


def home_in(folder: Path, project: str) -> Home:
    home = Home(folder, folder / project)
    home.project.mkdir(parents=True)
    shutil.copytree(DEPLOY, home.project / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    (home.project / ".venv" / "bin").mkdir(parents=True)
    (home.project / ".venv" / "bin" / "arsip").symlink_to(Path(sys.executable).parent / "arsip")
    (folder / "bin").mkdir()
    systemctl = folder / "bin" / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$*" >>"{folder}/asked"\nexit ${{SYSTEMD_IS_AWAY:-0}}\n', encoding="utf-8")
    systemctl.chmod(0o755)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path / "rumah", "proyek arsip")


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def test_one_command_installs_the_timer_and_says_how_to_see_and_undo_it(home: Home) -> None:
    done = home.install(CONTACT="mailto:uji@contoh.test?subject=a&b|c\\d")
    assert done.returncode == 0, done.stderr
    assert home.asked() == ["--user show-environment", "--user daemon-reload", "--user enable --now arsip.timer"]
    service = (home.units / "arsip.service").read_text(encoding="utf-8")
    assert f'ExecStart="{home.project}/.venv/bin/arsip" crawlall\n' in service
    assert f"EnvironmentFile={home.environment}\n" in service
    assert "@" not in service
    assert home.environment.read_text(encoding="utf-8").endswith("\nCONTACT=mailto:uji@contoh.test?subject=a&b|c\\d\n")
    assert home.environment.stat().st_mode & 0o777 == 0o600
    assert "list-timers arsip.timer" in done.stdout
    assert f"{home.project}/deploy/install --uninstall" in done.stdout
    assert "Now write into" not in done.stdout


def test_a_second_install_changes_nothing_and_keeps_the_settings(home: Home) -> None:
    assert "Now write into" in home.install().stdout
    home.environment.write_text("CONTACT=mailto:saya@contoh.test\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in home.folder.rglob(".config/**/*") if path.is_file()}
    done = home.install(CONTACT="mailto:lain@contoh.test")
    assert done.returncode == 0
    assert "Now write into" not in done.stdout
    assert {path: path.read_bytes() for path in home.folder.rglob(".config/**/*") if path.is_file()} == before


def test_uninstall_takes_the_units_away_and_leaves_the_settings(home: Home) -> None:
    home.install()
    for _ in range(2):
        done = home.install("--uninstall")
        assert done.returncode == 0, done.stderr
        assert list(home.units.iterdir()) == []
    assert home.environment.exists()
    assert home.asked().count("--user disable --now arsip.timer") == 1
    assert home.asked()[-1] == "--user daemon-reload"


def test_without_a_systemd_of_the_user_it_refuses_and_names_cron(home: Home) -> None:
    done = home.install(SYSTEMD_IS_AWAY="1")
    assert done.returncode == 1
    assert "Use cron instead: deploy/crontab" in done.stderr
    assert not home.units.exists()


def test_without_an_installed_project_it_says_what_to_run(home: Home) -> None:
    (home.project / ".venv" / "bin" / "arsip").unlink()
    done = home.install()
    assert done.returncode == 1
    assert "Run make demo first" in done.stderr
    assert not home.units.exists()


@pytest.mark.parametrize("name", ['a"b', "a%h", "a$HOME", "a\\b", "a|b", "a&b", "a\nb"])
def test_a_path_that_unit_files_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    home = home_in(tmp_path / "rumah", name)
    done = home.install()
    assert done.returncode == 1
    assert "Move the project to a folder without" in done.stderr
    assert not home.units.exists()


def test_an_unknown_word_is_answered_with_the_usage(home: Home) -> None:
    done = home.install("--remove")
    assert (done.returncode, done.stderr) == (2, "Usage: deploy/install [--uninstall]\n")
    assert not home.units.exists()


@needs_systemd
def test_systemd_finds_no_fault_in_the_installed_units(home: Home) -> None:
    home.install()
    runtime = home.folder / "run"
    runtime.mkdir(mode=0o700)
    env = {"HOME": str(home.folder), "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(runtime)}
    units = [home.units / "arsip.service", home.units / "arsip.timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *units],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if "arsip" in line] == []
    assert done.returncode == 0, done.stderr


@needs_systemd
def test_the_timer_comes_every_hour() -> None:
    [when] = re.findall(r"^OnCalendar=(.+)$", (DEPLOY / "arsip.timer").read_text(encoding="utf-8"), re.MULTILINE)
    done = subprocess.run(
        ["systemd-analyze", "calendar", when],
        env=os.environ | {"TZ": "UTC"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Normalized form: *-*-* *:00:00" in done.stdout


def test_the_service_lets_a_crawl_end_cleanly_and_wakes_nobody_for_what_mends_itself() -> None:
    lines = (DEPLOY / "arsip.service").read_text(encoding="utf-8").splitlines()
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    assert facts["KillSignal"] == "SIGINT"
    assert facts["KillMode"] == "mixed"  # a second signal would cut the clean end short
    assert int(facts["TimeoutStopSec"].removesuffix("min")) * 60 > 2 * DOWNLOAD_SECONDS
    assert {int(status) for status in facts["SuccessExitStatus"].split()} == QUIET


def crontab() -> tuple[dict[str, str], str]:
    """Variables and the command of the one line, as cron reads them (crontab(5))."""
    lines = (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines()
    given = [line for line in lines if line.strip() and not line.startswith("#")]
    variables = dict(line.split("=", 1) for line in given if re.match(r"[A-Z_]+=", line))
    [job] = [line for line in given if not re.match(r"[A-Z_]+=", line)]
    minute, *others, command = job.split(maxsplit=5)
    assert 0 < int(minute) < 60
    assert others == ["*"] * 4
    assert "%" not in command  # which is the end of a line to cron
    return variables, command


def test_the_line_for_cron_works_in_the_bare_environment_that_cron_gives(tmp_path: Path, site: FakeSite) -> None:
    variables, command = crontab()
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    bare = {"HOME": str(tmp_path), "LOGNAME": "uji", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    assert command.count("arsip crawlall") == command.count("cd /srv/arsip-berita") == 1
    command = command.replace("cd /srv/arsip-berita", f"cd {tmp_path}")
    command = command.replace("arsip crawlall", "arsip crawlall tribun -a limit=1 -s DOWNLOAD_DELAY=0")
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=bare | variables | site.env(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    log = (tmp_path / "crawl.log").read_text(encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), log
    assert len(read_lines(tmp_path / "data", "articles/**/*.jsonl.gz")) == 1
    assert "CONTACT is not set" not in log


@pytest.mark.parametrize("status", [*ExitStatus, 77])
def test_cron_sends_mail_only_when_a_person_is_needed(tmp_path: Path, status: int) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    arsip = tmp_path / ".venv" / "bin" / "arsip"
    arsip.write_text(f"#!/bin/sh\necho ends with {int(status)}\nexit {int(status)}\n", encoding="utf-8")
    arsip.chmod(0o755)
    command = crontab()[1].replace("/srv/arsip-berita", str(tmp_path))
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    quiet = status in QUIET | {ExitStatus.DONE}
    assert done.stdout == ("" if quiet else f"ends with {int(status)}\n")


@pytest.fixture(scope="module")
def kubernetes() -> dict[str, Any]:
    """Kind of object -> the object."""
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    return {part["kind"]: part for part in yaml.safe_load_all(text)}


def test_in_kubernetes_one_job_at_a_time_keeps_its_state_and_ends_cleanly(kubernetes: dict[str, Any]) -> None:
    cron = kubernetes["CronJob"]["spec"]
    pod = cron["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert cron["concurrencyPolicy"] == "Forbid"
    assert cron["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert pod["restartPolicy"] == "Never"
    assert pod["terminationGracePeriodSeconds"] > 2 * DOWNLOAD_SECONDS
    claims = {one["name"]: one.get("persistentVolumeClaim", {}).get("claimName") for one in pod["volumes"]}
    places = {mount["mountPath"]: claims[mount["name"]] for mount in container["volumeMounts"]}
    assert places["/data"] == kubernetes["PersistentVolumeClaim"]["metadata"]["name"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_kubernetes_gets_no_secret_in_plain_text(kubernetes: dict[str, Any]) -> None:
    [container] = kubernetes["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "arsip-berita"}}]
    assert "env" not in container


def container() -> list[tuple[str, str]]:
    """Instructions of the last stage."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    pairs = [(name, rest) for name, rest in lines]
    return pairs[max(at for at, (name, _) in enumerate(pairs) if name == "FROM") :]


def test_the_container_is_no_root_keeps_its_state_outside_and_is_asked_to_end_with_ctrl_c(
    kubernetes: dict[str, Any],
) -> None:
    told = dict(container())
    pod = kubernetes["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    uid = pod["securityContext"]["runAsUser"]
    assert told["USER"] == f"{uid}:{pod['securityContext']['runAsGroup']}"
    assert f"--uid {uid}" in told["RUN"]
    assert told["VOLUME"] == "/data"
    assert "ARCHIVE_URI=/data/archive STATE_DIR=/data/state" in told["ENV"]
    assert told["STOPSIGNAL"] == "SIGINT"
    assert (told["ENTRYPOINT"], told["CMD"]) == ('["arsip"]', '["crawlall"]')


def test_hadolint_finds_no_fault_in_the_container_file() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, DEPLOY / "Containerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_the_container_installs_is_what_is_tested() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9.-]+==[^ ]+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))

    run = pins("requirements-run.lock")
    assert any(pin.startswith("scrapy==") for pin in run)
    assert not any(pin.startswith(("pytest==", "mypy==", "moto==")) for pin in run)
    assert run <= pins("requirements.lock")
