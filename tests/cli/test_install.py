"""``hmsvcd install`` and ``uninstall``: what they say, and where they refuse."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hmsvcd.host.session_service import ACTIVATION, UNIT

ROOT = Path(__file__).parents[2]
FILES = {
    f".local/share/systemd/user/{UNIT}",
    f".local/share/dbus-1/services/{ACTIVATION}",
    f".config/systemd/user/default.target.wants/{UNIT}",
}


def files_in(home: Path) -> set[str]:
    """Return the files and links below a folder."""
    return {str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir()}


@pytest.fixture
def home(stranger: Any) -> Path:
    """The home of somebody for whom no systemd runs."""
    return Path(stranger.environ["HOME"])


def test_without_a_manager_it_is_written_for_the_next_login(stranger: Any, home: Path) -> None:
    """All files are there, the link leads to the unit, and that it waits for a login is said."""
    ran = stranger("install")
    assert ran.code == 0
    assert ran.out.splitlines()[-1].startswith("hmsvcd.service starts when you log in")
    assert files_in(home) == FILES
    assert {line.removeprefix(f"written: {home}/") for line in ran.out.splitlines()[:-1]} == FILES
    link = home / f".config/systemd/user/default.target.wants/{UNIT}"
    assert link.resolve() == home / f".local/share/systemd/user/{UNIT}"


def test_a_second_time_writes_nothing(stranger: Any, home: Path) -> None:
    """Only that it starts when you log in is said again."""
    stranger("install")
    before = {name: (home / name).lstat().st_mtime_ns for name in FILES}
    assert len(stranger("install").out.splitlines()) == 1
    assert {name: (home / name).lstat().st_mtime_ns for name in FILES} == before


def test_only_the_program_differs_from_the_package(stranger: Any, home: Path) -> None:
    """The unit is the packaged one, with this Python's hmsvcd, and comments."""
    stranger.write("b.toml", "services = {}\n")
    stranger("install", "-c", "b.toml")
    lines = (home / f".local/share/systemd/user/{UNIT}").read_text().splitlines()
    packaged = (ROOT / "contrib/systemd" / UNIT).read_text().splitlines()
    [mine] = [line for line in lines if line not in packaged and not line.startswith("#")]
    arguments = f'"-P" "-m" "hmsvcd" "run" "--config" "{stranger.folder}/b.toml"'
    assert mine == f'ExecStart="{sys.executable}" {arguments}'
    assert [line for line in packaged if line not in lines] == ["ExecStart=/usr/bin/hmsvcd run"]


def test_uninstall_without_a_manager(stranger: Any, home: Path) -> None:
    """What was written goes, and is named; the second time there is nothing."""
    stranger("install")
    ran = stranger("uninstall")
    assert ran.code == 0
    assert {line.removeprefix(f"removed: {home}/") for line in ran.out.splitlines()} == FILES
    assert files_in(home) == set()
    assert stranger("uninstall").out == "hmsvcd is not installed as a service\n"


def test_a_path_that_systemd_does_not_run(stranger: Any, home: Path) -> None:
    """A program with a quotation mark in its path is refused before anything is written."""
    script = stranger.folder / 'a "b"/hmsvcd'
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\nfrom hmsvcd.__main__ import main\nmain()\n")
    script.chmod(0o755)
    done = subprocess.run(
        [script, "install"], env=stranger.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert str(script) in done.stderr
    assert files_in(home) == set()


@pytest.mark.parametrize(
    "place",
    [
        f".config/systemd/user/{UNIT}",
        f".local/share/systemd/user/{UNIT}",
        f".local/share/dbus-1/services/{ACTIVATION}",
    ],
)
def test_a_foreign_file_is_left_alone(stranger: Any, home: Path, place: str) -> None:
    """Install refuses, names it and says what helps; neither command touches it."""
    foreign = home / place
    foreign.parent.mkdir(parents=True)
    foreign.write_text("[Service]\nExecStart=/bin/true\n")
    ran = stranger("install")
    assert ran.code == 1
    assert f"{foreign} is in the way" in ran.err
    assert "systemctl --user edit hmsvcd.service" in ran.err
    stranger("uninstall")
    assert files_in(home) == {place}
    assert foreign.read_text() == "[Service]\nExecStart=/bin/true\n"


def test_what_was_edited_is_foreign(stranger: Any, home: Path) -> None:
    """A unit that install wrote and somebody changed is theirs: kept and named, but disabled."""
    stranger("install")
    unit = home / f".local/share/systemd/user/{UNIT}"
    unit.write_text(unit.read_text().replace("RestartSec=2s", "RestartSec=9s"))
    assert stranger("install").code == 1
    ran = stranger("uninstall")
    assert ran.code == 1
    assert f"kept, as it was edited after hmsvcd had written it: {unit}" in ran.out
    assert files_in(home) == {f".local/share/systemd/user/{UNIT}"}
    assert "RestartSec=9s" in unit.read_text()


@pytest.mark.systemd
def test_what_was_edited_is_stopped(user: Any) -> None:
    """The service of a unit that somebody changed is stopped and disabled as any other."""
    user.declare("services = {}\n")
    assert user("install").code == 0
    unit = Path(user.environ["HOME"], ".local/share/systemd/user", UNIT)
    unit.write_text(unit.read_text().replace("RestartSec=2s", "RestartSec=9s"))
    ran = user("uninstall")
    assert (ran.code, "hmsvcd.service is stopped" in ran.out) == (1, True)
    asking = ["systemctl", "--user", "show", "-pActiveState,UnitFileState", UNIT]
    told = subprocess.run(asking, env=user.environ, check=True, capture_output=True, text=True)
    assert told.stdout == "ActiveState=inactive\nUnitFileState=disabled\n"
    assert "RestartSec=9s" in unit.read_text()
    unit.unlink()
    assert user("uninstall").code == 0


def test_a_declaration_that_is_not_there(stranger: Any, home: Path) -> None:
    """A name that is wrong is refused before anything is written, and named."""
    ran = stranger("install", "--config", "typo.toml")
    assert ran.code == 1
    assert "typo.toml: error: there is no such declaration" in ran.err
    assert ran.out == "nothing was changed\n"
    assert files_in(home) == set()
    stranger.write("named.toml", "services = {}\n")
    assert stranger("install", "--config", "named.toml").code == 0
    assert (
        f'"--config" "{stranger.folder}/named.toml"'
        in (home / ".local/share/systemd/user" / UNIT).read_text()
    )


def test_a_mask_is_named(stranger: Any, home: Path) -> None:
    """Where systemctl mask has been, install says how to take the mask off."""
    unit = home / f".config/systemd/user/{UNIT}"
    unit.parent.mkdir(parents=True)
    unit.symlink_to("/dev/null")
    assert "systemctl --user unmask hmsvcd.service takes the mask off" in stranger("install").err


def test_a_link_that_leads_elsewhere_stays(stranger: Any, home: Path) -> None:
    """A package's unit that is enabled starts hmsvcd as well; uninstall leaves its link."""
    link = home / f".config/systemd/user/default.target.wants/{UNIT}"
    link.parent.mkdir(parents=True)
    link.symlink_to(f"/usr/lib/systemd/user/{UNIT}")
    stranger("install")
    stranger("uninstall")
    assert str(link.readlink()) == f"/usr/lib/systemd/user/{UNIT}"


def test_purge_needs_a_manager(stranger: Any, home: Path) -> None:
    """What is managed cannot be stopped without one: nothing is changed, and exit 3."""
    stranger("install")
    (home / ".local/state/hmsvcd").mkdir(parents=True)
    before = files_in(home)
    ran = stranger("uninstall", "--purge")
    assert ran.code == 3
    assert "XDG_RUNTIME_DIR" in ran.err
    assert files_in(home) == before


@pytest.mark.systemd
def test_a_service_that_does_not_start_is_told(user: Any) -> None:
    """The exit code is 4, with what it wrote last; the next install tries again."""
    drop_in = Path(user.environ["XDG_CONFIG_HOME"], "systemd/user/hmsvcd.service.d/a.conf")
    drop_in.parent.mkdir(parents=True)
    command = "/bin/sh -c 'echo oh no; exit 3'"
    drop_in.write_text(f"[Service]\nExecStart=\nExecStart={command}\nRestartSec=100s\n")
    for _ in range(2):
        ran = user("install")
        assert ran.code == 4
        assert "hmsvcd.service could not be started\n" in ran.out
        assert "    oh no\n" in ran.out
    user("uninstall")
    assert drop_in.exists()


def test_a_wheel_carries_the_files(tmp_path: Path) -> None:
    """Installed as a package, install finds in it what a checkout has in contrib."""
    program = f"import hatchling.build as b; print(b.build_wheel({str(tmp_path)!r}))"
    built = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    with zipfile.ZipFile(tmp_path / built.stdout.split()[-1]) as wheel:
        wheel.extractall(tmp_path / "site")
    asking = "from hmsvcd.host import session_service as s; print(s.__file__, s.packaged({!r}))"
    for name in (UNIT, ACTIVATION):
        told = subprocess.run(
            [sys.executable, "-c", asking.format(name)], cwd="/", check=True,
            env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True,
        ).stdout  # fmt: skip
        module, _, text = told.partition(" ")
        assert Path(module).is_relative_to(tmp_path / "site")
        assert text == (ROOT / "contrib/systemd" / name).read_text() + "\n"
