"""Wherever files of a declaration lie, and whatever is done to folders, it is followed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from saving import (
    SECONDS,
    Follower,
    as_vim,
    in_place,
    main_file,
    point,
    remove,
    renamed_over,
    run,
    service,
)

pytestmark = pytest.mark.systemd


def test_files_in_conf_d(follower):
    """A folder that is made, files that are added, renamed and removed in it, all count."""
    more = follower.folder / "conf.d"
    more.mkdir()
    (more / "one.toml").write_text(service("one", seconds := next(SECONDS)))
    follower.runs(seconds, "one")
    follower.rest()
    (more / "two.toml").write_text(service("two", seconds := next(SECONDS)))
    follower.runs(seconds, "two")
    pid = follower.user.pid("two.service")
    (more / "two.toml").rename(more / "0.toml")
    (more / "one.toml").unlink()
    follower.is_gone("one")
    assert follower.user.pid("two.service") == pid
    follower.edit(renamed_over, more / "0.toml", service("two", seconds := next(SECONDS)))
    follower.runs(seconds, "two")
    follower.rest()
    shutil.rmtree(more)
    follower.is_gone("two")


def test_conf_d_that_is_moved_away(follower):
    """What lies in ``conf.d`` goes and comes with it, and is followed there again."""
    more = follower.folder / "conf.d"
    more.mkdir()
    (more / "one.toml").write_text(service("one", seconds := next(SECONDS)))
    follower.runs(seconds, "one")
    away = follower.user.home / "away"
    follower.rest()
    more.rename(away)
    follower.is_gone("one")
    follower.rest()
    away.rename(more)
    follower.runs(seconds, "one")
    follower.edit(in_place, more / "one.toml", service("one", seconds := next(SECONDS)))
    follower.runs(seconds, "one")


def test_conf_d_that_comes_back_at_once(follower):
    """A folder that is away for less than ``removal_delay`` takes no process with it."""
    patient = (
        '[daemon]\nremoval_delay = "1h"\nsettle = "0s"\n' + service("demo") + service("stays")
    )
    follower.file.write_text(patient)
    follower.runs(1000)
    more = follower.folder / "conf.d"
    more.mkdir()
    (more / "one.toml").write_text(service("one", seconds := next(SECONDS)))
    follower.runs(seconds, "one")
    pid = follower.user.pid("one.service")
    away = follower.user.home / "gone"
    more.rename(away)
    follower.edit(
        in_place, follower.file, patient.replace("1000", str(seconds := next(SECONDS)), 1)
    )
    follower.runs(seconds)  # and so the pass without the folder was made
    away.rename(more)
    follower.edit(
        in_place, follower.file, patient.replace("1000", str(seconds := next(SECONDS)), 1)
    )
    follower.runs(seconds)
    assert follower.user.pid("one.service") == pid
    remove(more)
    follower.user.apply()


@pytest.mark.parametrize("save", [in_place, renamed_over])
def test_a_folder_that_is_made_anew(follower, follower_daemon, save):
    """Without its folder the declaration is missing; a new one is followed like the first."""
    follower.rest()
    wrong = len(follower_daemon.events("problem"))
    shutil.rmtree(follower.folder)
    follower_daemon.until("problem", wrong + 1)
    follower.folder.mkdir()
    for seconds in (next(SECONDS), next(SECONDS)):
        follower.edit(save, follower.file, main_file(seconds))
        follower.runs(seconds)


@pytest.fixture
def taken(follower):
    """A folder with a file and a folder that ``configData`` takes in."""
    follower.is_gone("files")
    taken = follower.user.home / "taken"
    remove(taken)
    file, folder = taken / "file.txt", taken / "folder"
    (folder / "sub").mkdir(parents=True)
    file.write_text("one")
    (folder / "sub/deep").write_text("one")
    declared = f'[services.files.configData]\nfile.source = "{file}"\nfolder.source = "{folder}"\n'
    follower.edit(in_place, follower.file, main_file(next(SECONDS)) + service("files") + declared)
    follower.installed("file", "one")
    follower.installed("folder/sub/deep", "one")
    return taken


@pytest.mark.parametrize("save", [in_place, renamed_over, as_vim])
def test_sources(follower, taken, save):
    """Edits of what ``configData`` takes in count: of files, and deep in folders."""
    follower.edit(save, taken / "file.txt", "two")
    follower.installed("file", "two")
    follower.edit(save, taken / "folder/sub/deep", "two")
    follower.installed("folder/sub/deep", "two")


def test_folders_of_sources(follower, taken):
    """A file that is added to a folder is followed, and so is a folder in place of another."""
    folder = taken / "folder"
    (folder / "sub/new").mkdir()
    follower.edit(in_place, folder / "sub/new/added", "added")
    follower.installed("folder/sub/new/added", "added")
    follower.edit(in_place, folder / "sub/new/added", "changed")
    follower.installed("folder/sub/new/added", "changed")
    folder.rename(taken / "old")
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/deep").write_text("another folder")
    follower.installed("folder/sub/deep", "another folder")


ONE, TWO = next(SECONDS), next(SECONDS)
BRANCHES = {
    "one": {
        "config.toml": main_file(ONE),
        "conf.d/both.toml": service("both", ONE),
        "conf.d/one.toml": service("one", ONE),
    },
    "two": {
        "config.toml": main_file(TWO),
        "conf.d/both.toml": service("both", TWO),
        "conf.d/two.toml": service("two", TWO),
    },
    "nothing": {"README": "Nothing here.\n"},
}


def by_hand(folder: Path, branch: str) -> None:
    """Do as git does: remove what is in the way with its folders, write every file anew."""
    for path in folder.iterdir():
        remove(path)
    for name, text in BRANCHES[branch].items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def by_git(folder: Path, branch: str) -> None:
    """Have git do it, from a repository that lies elsewhere."""
    repository = folder.parent.parent / "dotfiles.git"
    if not repository.exists():
        make(repository)
    run("git", f"--git-dir={repository}", f"--work-tree={folder}", "checkout", "-qf", branch)


def make(repository: Path) -> None:
    """Make a repository with the branches."""
    work = repository.with_suffix(".work")
    git = ("git", f"--git-dir={repository}", f"--work-tree={work}")
    who = ("-c", "user.name=you", "-c", "user.email=you@localhost")
    work.mkdir()
    run("git", "init", "-q", "--bare", repository)
    for branch in BRANCHES:
        run(*git, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
        by_hand(work, branch)
        run(*git, "add", "--all")
        run(*git, *who, "commit", "-qm", branch)


GIT = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
MAY_SKIP = pytest.mark.may_skip("git is no dependency of hmsvcd")


@pytest.mark.parametrize("check_out", [by_hand, pytest.param(by_git, marks=[GIT, MAY_SKIP])])
def test_a_checkout(follower, follower_daemon, check_out):
    """A folder that changes from branch to branch, also to one without it, ends as the last."""
    user, folder = follower.user, follower.folder
    check_out(folder, "one")
    for name in ("demo", "both", "one"):
        follower.runs(ONE, name)
    check_out(folder, "two")
    for name in ("demo", "both", "two"):
        follower.runs(TWO, name)
    follower.is_gone("one")
    follower.rest()
    units = [f"{name}.service" for name in ("demo", "both", "two", "stays")]
    pids = [user.pid(unit) for unit in units]
    wrong = len(follower_daemon.events("problem"))
    check_out(folder, "nothing")
    follower_daemon.until("problem", wrong + 1)
    check_out(folder, "two")
    assert user.run("reconcile").code == 0
    assert [user.pid(unit) for unit in units] == pids


def test_a_first_declaration(user, daemon, wait_until):
    """A daemon that finds nothing at all waits for the folder and the file to be made."""
    follower = Follower(user, wait_until, user.declaration)
    assert not follower.folder.exists()
    daemon.start()
    daemon.until("pass finished", end="stuck")
    follower.folder.mkdir()
    for save in (in_place, renamed_over):
        follower.edit(save, follower.file, main_file(seconds := next(SECONDS)))
        follower.runs(seconds)


def test_a_file_that_is_named(user, daemon, wait_until):
    """With ``--config FILE`` that file is all there is, whatever lies beside it."""
    follower = Follower(user, wait_until, user.home / "elsewhere/mine.toml")
    follower.begin()
    daemon.start("--config", str(follower.file))
    follower.runs_as_begun()
    (follower.folder / "conf.d").mkdir()
    (follower.folder / "conf.d/one.toml").write_text(service("one"))
    user.declare(service("two"))
    for save in (in_place, renamed_over, as_vim):
        follower.edit(save, follower.file, main_file(seconds := next(SECONDS)))
        follower.runs(seconds)
    assert not {"one.service", "two.service"} & {each.name for each in user.units.iterdir()}


def test_a_folder_that_is_named(user, daemon, wait_until):
    """With ``--config FOLDER`` its files are followed, by a path that may be relative."""
    follower = Follower(user, wait_until, user.home / "elsewhere/mine/config.toml")
    follower.begin()
    daemon.start("--config", os.path.relpath(follower.folder))
    follower.runs_as_begun()
    (follower.folder / "conf.d").mkdir()
    (follower.folder / "conf.d/one.toml").write_text(service("one", seconds := next(SECONDS)))
    follower.runs(seconds, "one")
    for save in (in_place, renamed_over, as_vim):
        follower.edit(save, follower.file, main_file(seconds := next(SECONDS)))
        follower.runs(seconds)


def test_where_no_events_come(user, daemon, wait_until):
    """Without inotify changes are looked for, and ``status`` says so."""
    alone = ("unshare", "--user", "--map-root-user")
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel refuses a user namespace, where a limit can be set")
    follower = Follower(user, wait_until, user.declaration)
    follower.begin()
    source = user.home / "file.txt"
    source.write_text("one")
    declared = f'{service("files")}configData.file.source = "{source}"\n'
    with follower.file.open("a") as file:
        file.write(declared)
    nothing = 'echo 0 > /proc/sys/user/max_inotify_instances; exec "$@"'
    daemon.start(command=(*alone, "sh", "-c", nothing, "sh"))
    follower.runs_as_begun()
    assert user.run("status").document["daemon"]["watches"] == "polling"
    real = user.home / "real.toml"
    real.write_text(main_file(seconds := next(SECONDS)) + declared)
    point(follower.file, real)
    follower.runs(seconds)
    follower.edit(in_place, source, "two")
    follower.installed("file", "two")
    follower.edit(in_place, real, main_file(seconds := next(SECONDS)) + declared)
    follower.runs(seconds)
    (follower.folder / "conf.d").mkdir()
    (follower.folder / "conf.d/one.toml").write_text(service("one", seconds))
    follower.runs(seconds, "one")
