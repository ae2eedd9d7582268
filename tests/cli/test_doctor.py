"""``hmsvcd doctor`` and ``hmsvcd gc``, as they are typed."""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from hmsvcd.app.doctor.examine import CHECKS
from hmsvcd.host.sandbox import Sandbox

Harm = Callable[[Path, Path], None]
"""What damages the state folder, or the folder of configuration."""

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "{}"]\nconfigData.conf.text = "{}\\n"\n'


def state_of(program: Any) -> Path:
    """Where hmsvcd keeps what it keeps."""
    return Path(program.environ["HOME"], ".local/state/hmsvcd")


def found(program: Any, level: str) -> dict[str, str]:
    """The findings of a level, as they are now: check → messages and hints."""
    return said(program("doctor", "--json"), level)


def said(ran: Any, level: str) -> dict[str, str]:
    """The findings of a level that a document has: check → messages and hints."""
    texts: dict[str, str] = {}
    for each in ran.document["checks"]:
        if each["level"] == level:
            text = f"{each['message']} ({each['hint']})\n"
            texts[each["check"]] = texts.get(each["check"], "") + text
    return texts


def install(program: Any) -> Any:
    """Install a service, which runs."""
    program.declare(ONE.format(1000, 0))
    assert program("apply").code == 0
    return program


@pytest.fixture(scope="module")
def home_of_before(
    shared_user: Any, shared_manager: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A copy of the home of a user with a service, made when it had just been installed."""
    install(shared_user)
    copy = tmp_path_factory.mktemp("installed") / "home"
    return shutil.copytree(shared_manager.home, copy, symlinks=True)


@pytest.fixture
def installed(shared_user: Any, shared_manager: Sandbox, home_of_before: Path) -> Any:
    """The program of a user with a service, whatever another test has done to the home."""
    shutil.rmtree(shared_manager.home)
    shutil.copytree(home_of_before, shared_manager.home, symlinks=True)
    shared_manager.systemctl("daemon-reload")
    return shared_user


def test_all_is_well(installed: Any) -> None:
    """Every check is made and said; that nobody follows saves is worth knowing, and no error."""
    ran = installed("doctor")
    assert ran.code == 0
    assert "✗" not in ran.out
    for check in CHECKS:
        assert f" {check.name}: " in ran.out
    assert "! daemon: the daemon does not run" in ran.out
    assert found(installed, "error") == {}


def test_it_changes_nothing(installed: Any) -> None:
    """Not a file in the home is another, nor is there one more."""

    def listing() -> dict[str, tuple[int, int, int]]:
        return {
            str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns, path.lstat().st_mode)
            for path in Path(installed.environ["HOME"]).rglob("*")
        }

    before = listing()
    installed("doctor")
    assert listing() == before


def test_a_terminal_that_is_not_utf_8_gets_plain_marks(installed: Any) -> None:
    """Nothing is lost but the looks."""
    ran = installed("doctor", PYTHONIOENCODING="ascii")
    assert ran.code == 0
    assert ran.out.isascii()
    assert "ok store: " in ran.out
    assert "!  daemon: " in ran.out


def test_before_the_first_apply_nothing_is_wrong(user: Any) -> None:
    """There is nothing yet, which is said."""
    ran = user("doctor", "--json")
    assert ran.code == 0
    assert "nothing has been installed yet" in said(ran, "ok")["state"]
    assert "there is no declaration yet" in said(ran, "ok")["declaration"]
    assert not state_of(user).exists()


def test_without_a_manager_it_says_so_and_goes_on(stranger: Any) -> None:
    """The rest is looked at all the same."""
    ran = stranger("doctor", "--json")
    assert ran.code == 1
    assert set(said(ran, "error")) == {"systemd"}
    assert {"state", "records", "store", "links"} <= set(said(ran, "ok"))
    assert len(ran.document["errors"]) == 1


def one_of(folder: Path, pattern: str) -> Path:
    """The only path of that pattern."""
    [path] = folder.glob(pattern)
    return path


def damage_a_unit(state: Path, _config: Path) -> None:
    unit = one_of(state, "store/*-one.service/one.service")
    unit.chmod(0o600)
    unit.write_text("tampered", encoding="utf-8")
    unit.chmod(0o400)


def remove_a_file(state: Path, _config: Path) -> None:
    one_of(state, "store/*-conf").unlink()


def open_a_file(state: Path, _config: Path) -> None:
    one_of(state, "store/*-conf").chmod(0o444)


def open_the_folder(state: Path, _config: Path) -> None:
    state.chmod(0o755)


def spoil(name: str) -> Harm:
    def spoiled(state: Path, _config: Path) -> None:
        (state / name).write_text("garbage [[[", encoding="utf-8")

    return spoiled


def make_newer(state: Path, _config: Path) -> None:
    path = state / "state.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("version = 1", "version = 99"))


def lose_current(state: Path, _config: Path) -> None:
    (state / "current").unlink()
    (state / "current").symlink_to("nowhere")


def link_the_lock(state: Path, _config: Path) -> None:
    (state / "lock").unlink()
    (state / "lock").symlink_to("/tmp/theirs")


def make_the_store_a_file(state: Path, _config: Path) -> None:
    shutil.rmtree(state / "store")
    (state / "store").write_text("", encoding="utf-8")


def link_the_store(state: Path, _config: Path) -> None:
    (state / "store").rename(state / "elsewhere")
    (state / "store").symlink_to("elsewhere")


def make_the_state_a_file(state: Path, _config: Path) -> None:
    shutil.rmtree(state)
    state.write_text("", encoding="utf-8")


def remove_the_link(_state: Path, config: Path) -> None:
    (config / "systemd/user/one.service").unlink()


def repoint_the_link(state: Path, config: Path) -> None:
    link = config / "systemd/user/one.service"
    link.unlink()
    link.symlink_to(one_of(state, "store/*-conf"))


def leave_a_link(state: Path, config: Path) -> None:
    other = config / "systemd/user/other.service"
    other.symlink_to(one_of(state, "store/*-one.service/one.service"))


def open_the_declaration(_state: Path, config: Path) -> None:
    (config / "hmsvcd/config.toml").chmod(0o666)


def break_the_declaration(_state: Path, config: Path) -> None:
    path = config / "hmsvcd/config.toml"
    path.unlink()
    path.symlink_to("nowhere")


WRONG = {
    "one of each": [
        (damage_a_unit, "store", "is not what it was (hmsvcd apply writes it anew)"),
        (open_the_folder, "state", "has the mode 0755, not 0700 (chmod 0700 "),
        (remove_the_link, "links", "one.service is missing"),
        (open_the_declaration, "declaration", "can be written by everybody"),
    ],
    "another of each": [
        (remove_a_file, "store", "is missing (hmsvcd apply writes it anew)"),
        (link_the_lock, "state", "is no file, so nothing can be locked"),
        (leave_a_link, "links", "other.service is hmsvcd's, but no generation has it"),
        (break_the_declaration, "declaration", "is a dangling link"),
    ],
    "open and repointed": [
        (open_a_file, "store", "has the mode 0444, not 0400 (chmod 0400 "),
        (repoint_the_link, "links", "one.service does not lead to what is installed"),
    ],
    "records": [
        (spoil("generations/1.toml"), "records", "1.toml"),
        (spoil("state.toml"), "records", "state.toml"),
        (spoil("pending"), "records", "pending"),
    ],
    "newer records": [(make_newer, "records", "it has version 99")],
    "current": [(lose_current, "records", "it points to nowhere")],
    "store": [(make_the_store_a_file, "store", "Not a directory")],
    "linked store": [(link_the_store, "state", "it is a link")],
    "state": [(make_the_state_a_file, "state", "is no folder")],
}
"""What can be wrong, with the check that names it: together what does not hide each other."""


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_broken_is_named_with_what_to_do(
    installed: Any, wrong: Iterable[tuple[Harm, str, str]]
) -> None:
    """Exit 1, no traceback, and the other checks are made."""
    for harm, _, _ in wrong:
        harm(state_of(installed), installed.declaration.parents[1])
    ran = installed("doctor", "--json")
    assert ran.code == 1
    assert "internal error" not in ran.out
    told = said(ran, "error")
    for _, check, message in wrong:
        assert message in told[check]
    errors = {each["message"] for each in ran.document["checks"] if each["level"] == "error"}
    assert errors == {each["message"] for each in ran.document["errors"]}
    made = {each["check"] for each in ran.document["checks"]}
    assert {"systemd", "inotify", "programs", "lingering"} < made


@pytest.mark.parametrize(
    "harms",
    [(damage_a_unit, remove_a_file, remove_the_link, leave_a_link), (repoint_the_link,)],
    ids=["lost", "wrong"],
)
def test_what_apply_is_said_to_mend_it_mends(installed: Any, harms: Iterable[Harm]) -> None:
    """The hint is true."""
    for harm in harms:
        harm(state_of(installed), installed.declaration.parents[1])
    installed("apply")
    assert found(installed, "error") == {}


def test_modes_are_mended_as_it_says(installed: Any) -> None:
    """The commands in the hints can be typed as they are."""
    open_a_file(state_of(installed), Path())
    open_the_folder(state_of(installed), Path())
    shown = installed("doctor").out
    assert "✗ state: " in shown
    assert "  help: chmod 0700 " in shown
    for each in installed("doctor", "--json").document["checks"]:
        if each["level"] == "error":
            assert os.system(each["hint"]) == 0
    assert found(installed, "error") == {}


def test_what_is_not_ours_is_a_warning(installed: Any) -> None:
    """A file of the user's at the place of a unit is respected, and said."""
    unit = installed.declaration.parents[1] / "systemd/user/one.service"
    unit.unlink()
    unit.write_text("[Service]\nExecStart=/bin/sleep 5\n", encoding="utf-8")
    ran = installed("doctor", "--json")
    assert ran.code == 0
    assert f"{unit} is not hmsvcd's" in said(ran, "warning")["links"]


def test_what_systemd_reads_instead_is_a_warning(user: Any, manager: Any) -> None:
    """A unit file that counts first, and one that has changed since systemd has read it."""
    install(user)
    shadow = manager.runtime / "systemd/user.control/one.service"
    shadow.parent.mkdir(parents=True)
    shadow.write_text("[Service]\nExecStart=/bin/sleep 5\n", encoding="utf-8")
    manager.systemctl("daemon-reload")
    told = found(user, "warning")["units"]
    assert f"systemd reads {shadow} for one.service" in told
    shadow.write_text("[Service]\nExecStart=/bin/sleep 6\n", encoding="utf-8")
    os.utime(shadow, (2_000_000_000, 2_000_000_000))
    assert "systemctl --user daemon-reload" in found(user, "warning")["units"]


def test_a_unit_that_systemd_refuses_is_an_error(installed: Any, shared_manager: Any) -> None:
    """A drop-in can spoil what hmsvcd has installed."""
    folder = shared_manager.units / "one.service.d"
    folder.mkdir()
    (folder / "10.conf").write_text("[Service]\nType=oneshot\nRestart=always\n", encoding="utf-8")
    shared_manager.systemctl("daemon-reload")
    assert "systemd cannot load one.service" in found(installed, "error")["units"]


def test_programs_that_are_missing_are_a_warning(user: Any, manager: Any) -> None:
    """What does not work without them is said."""
    install(user)
    manager.systemctl("set-environment", "PATH=/nowhere")
    ran = user("doctor")
    assert ran.code == 0
    assert "systemd-analyze is not on PATH" in ran.out


def test_what_would_be_collected_is_told(user: Any) -> None:
    """An object that nothing needs is no fault, and gc removes it."""
    for number in range(2):
        user.declare("[daemon]\nkeep_generations = 5\n" + ONE.format(1000 + number, number))
        user("apply")
    (state_of(user) / "generations/1.toml").unlink()
    assert (
        "needed by nothing any more: 2 of them (hmsvcd gc removes them)"
        in (found(user, "ok")["store"])
    )
    lines = user("gc").out.splitlines()
    assert lines[-1].startswith("removed: 0 generations and 2 objects of the store, ")
    assert len(lines) == 3
    assert "needed by nothing" not in found(user, "ok")["store"]
    assert user("gc").out == "there is nothing to remove\n"
