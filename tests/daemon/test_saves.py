"""However a declaration is saved, and wherever its files lie, what was saved is in force."""

import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.systemd

Save = Callable[[Path, str], None]

FAST = '[daemon]\nremoval_delay = "200ms"\nsettle = "0s"\n'
QUIET = 0.25  # seconds after which the daemon has seen all that it has done itself
SECONDS = itertools.count(1001)


def service(name: str, seconds: int = 1000) -> str:
    """Return a service that only runs."""
    return f'[services.{name}]\nprocess.argv = ["/bin/sleep", "{seconds}"]\n\n'


def main_file(seconds: int) -> str:
    """Return a ``config.toml`` with a service that changes and one that stays."""
    return FAST + service("demo", seconds) + service("stays")


class Follower:
    """A user whose daemon follows, and who looks whether it does."""

    def __init__(self, user, wait_until, file: Path) -> None:
        self.user = user
        self.file = file
        self.folder = file.parent
        self._wait_until = wait_until
        self._begun = 0
        self._stays: int | None = None

    def begin(self) -> None:
        """Have a plain folder with one file."""
        remove(self.folder)
        self.folder.mkdir(parents=True)
        self._begun = next(SECONDS)
        self.file.write_text(main_file(self._begun))

    def rest(self) -> None:
        """Do nothing, so that the next change alone is what the daemon can see."""
        time.sleep(QUIET)

    def edit(self, save: Save, path: Path, text: str) -> None:
        """Save a file, and nothing else."""
        self.rest()
        save(path, text)

    def runs_as_begun(self) -> None:
        """Wait until that is in force, from when on nothing may touch ``stays.service``."""
        self.runs(self._begun)
        self._wait_until(lambda: self.user.state_of("stays.service") == "active")
        self._stays = self.user.pid("stays.service")

    def runs(self, seconds: int, name: str = "demo") -> None:
        """Wait until a service runs for so long."""
        unit = f"{name}.service"
        link = self.user.units / unit

        def is_so() -> bool:
            if not link.is_file() or str(seconds) not in link.read_text():
                return False
            started, state = self.user.show(unit, "ExecStart", "ActiveState")
            return f"/bin/sleep {seconds} " in started and state == "active"

        try:
            self._wait_until(is_so)
        except AssertionError:
            raise AssertionError(f"{name} does not run with {seconds}") from None
        if self._stays is not None:
            assert self.user.pid("stays.service") == self._stays

    def is_gone(self, name: str) -> None:
        """Wait until a service neither runs nor is installed."""
        unit = f"{name}.service"
        self._wait_until(lambda: not (self.user.units / unit).is_symlink())
        self._wait_until(lambda: self.user.state_of(unit) == "inactive")

    def installed(self, path: str, content: str) -> None:
        """Wait until a configuration file of ``files.service`` holds something."""
        file = self.user.config / "home-services/files" / path
        self._wait_until(lambda: file.is_file() and file.read_text() == content)


@pytest.fixture(scope="module")
def running(shared_user, shared_daemon):
    """The daemon of the module, started."""
    shared_user.declare(main_file(next(SECONDS)))
    shared_daemon.start()
    return shared_daemon


@pytest.fixture
def follower(shared_user, running, wait_until) -> Follower:
    """A user with a plain folder and one file in it, all of it in force."""
    assert running.is_running
    follower = Follower(shared_user, wait_until, shared_user.declaration)
    follower.begin()
    follower.runs_as_begun()
    return follower


def remove(path: Path) -> None:
    """Remove whatever lies at a path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def run(*command: str | Path, text: str | None = None) -> None:
    subprocess.run(command, input=text, text=True, check=True, capture_output=True)


def beside(path: Path, text: str) -> Path:
    """Write a file next to a path, as programs do that rename it afterwards."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    return temporary


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def in_chunks(path: Path, text: str) -> None:
    """As a slow program: each line on its own, with pauses."""
    with path.open("w") as file:
        for line in text.splitlines(keepends=True):
            file.write(line)
            file.flush()
            time.sleep(0.02)


def as_vim(path: Path, text: str) -> None:
    """The old file becomes the backup, a new one takes its name, the backup goes."""
    probe = path.with_name("4913")  # vim sees so whether it may create files
    probe.touch()
    probe.unlink()
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    with path.open("w") as file:
        file.write(text)
        os.fsync(file.fileno())
    path.chmod(0o644)
    backup.unlink()


def as_vim_with_a_copy(path: Path, text: str) -> None:
    """``:set backupcopy=yes``: the backup is a copy, the file stays the same one."""
    backup = path.with_name(f"{path.name}~")
    shutil.copy(path, backup)
    path.write_text(text)
    backup.unlink()


def renamed_over(path: Path, text: str) -> None:
    """As VS Code and most programs that save atomically."""
    beside(path, text).rename(path)


def linked_over(path: Path, text: str) -> None:
    """Remove the name, and give it to another file."""
    temporary = beside(path, text)
    path.unlink()
    path.hardlink_to(temporary)
    temporary.unlink()


def with_sed(path: Path, text: str) -> None:
    old = path.read_text()
    was, now = (part.split('"')[3] for part in (old.split("argv")[1], text.split("argv")[1]))
    run("sed", "-i", f"s/{was}/{now}/", path)
    assert path.read_text() == text


def with_cp(path: Path, text: str) -> None:
    temporary = path.parent.parent / "elsewhere.toml"
    temporary.write_text(text)
    run("cp", temporary, path)


def with_install(path: Path, text: str) -> None:
    temporary = path.parent.parent / "elsewhere.toml"
    temporary.write_text(text)
    run("install", "-m", "644", temporary, path)


def with_cat(path: Path, text: str) -> None:
    run("sh", "-c", 'cat > "$0"', path, text=text)


def with_an_old_time(path: Path, text: str) -> None:
    """As ``cp -p`` and ``tar``: what is new looks older than what was there."""
    temporary = beside(path, text)
    os.utime(temporary, (1_000_000_000, 1_000_000_000))
    temporary.rename(path)


WAYS: list[Save] = [
    in_place,
    in_chunks,
    as_vim,
    as_vim_with_a_copy,
    renamed_over,
    linked_over,
    with_sed,
    with_cp,
    with_install,
    with_cat,
    with_an_old_time,
]


@pytest.mark.parametrize("save", WAYS)
def test_a_save_of_a_file(follower, save):
    """However a file is saved, twice in a row, it is in force."""
    for seconds in (next(SECONDS), next(SECONDS)):
        follower.edit(save, follower.file, main_file(seconds))
        follower.runs(seconds)


@pytest.mark.parametrize("save", [in_place, as_vim, renamed_over])
def test_a_declaration_behind_a_link(follower, save):
    """Edits of the file that ``config.toml`` links to count, also after the first one."""
    real = follower.user.home / "dotfiles/deep/hmsvcd.toml"
    real.parent.mkdir(parents=True, exist_ok=True)
    real.write_text(main_file(first := next(SECONDS)))
    point(follower.file, real)
    follower.runs(first)
    for seconds in (next(SECONDS), next(SECONDS)):
        follower.edit(save, real, main_file(seconds))
        follower.runs(seconds)


@pytest.mark.parametrize("save", [in_place, renamed_over])
def test_a_folder_behind_a_link(follower, save):
    """Edits in the folder that the configuration folder links to count, as does a new target."""
    folders = [follower.user.home / "dotfiles" / name for name in ("one", "two")]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(main_file(seconds := next(SECONDS)))
        follower.rest()
        point(follower.folder, folder)
        follower.runs(seconds)
        follower.edit(save, folder / "config.toml", main_file(seconds := next(SECONDS)))
        follower.runs(seconds)
        (folder / "conf.d").mkdir()
        follower.edit(save, folder / "conf.d/more.toml", service("more", seconds))
        follower.runs(seconds, "more")
    point(follower.folder, folders[0])
    follower.edit(save, folders[0] / "config.toml", main_file(seconds := next(SECONDS)))
    follower.runs(seconds)


@pytest.mark.parametrize("save", [in_place, renamed_over])
def test_conf_d_behind_a_link(follower, save):
    """Files count that are linked one by one, in a ``conf.d`` that is a link itself."""
    files, folder = (follower.user.home / name for name in ("files", "dotfiles/conf.d"))
    for each in (files, folder):
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir(parents=True)
    point(follower.folder / "conf.d", folder)
    (files / "one.toml").write_text(service("one", seconds := next(SECONDS)))
    point(folder / "one.toml", files / "one.toml")
    follower.runs(seconds, "one")
    for seconds in (next(SECONDS), next(SECONDS)):
        follower.edit(save, files / "one.toml", service("one", seconds))
        follower.runs(seconds, "one")
    (folder / "one.toml").unlink()
    follower.is_gone("one")


def test_links_of_generations(follower):
    """A profile that is re-pointed counts: a link in the middle of a chain to old files."""
    home = follower.user.home
    profile = home / "profile"
    texts = [next(SECONDS), next(SECONDS), next(SECONDS)]
    for number, seconds in enumerate(texts):
        file = home / f"store/{number}-files/.config/hmsvcd/config.toml"
        file.parent.mkdir(parents=True)
        file.write_text(main_file(seconds))
        file.chmod(0o444)
        point(home / f"profile-{number}-link", home / f"store/{number}-files")
    point(profile, Path("profile-0-link"))
    point(follower.file, profile / ".config/hmsvcd/config.toml")
    follower.runs(texts[0])
    for number in (1, 2, 0):
        follower.rest()
        point(profile, Path(f"profile-{number}-link"))
        follower.runs(texts[number])


def point(link: Path, target: Path) -> None:
    """Make a link, in one step where there was one."""
    if link.exists() and not link.is_symlink():
        remove(link)
    temporary = link.with_name(f".{link.name}.tmp")
    temporary.symlink_to(target)
    temporary.rename(link)


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
def test_a_folder_that_is_made_anew(follower, running, save):
    """Without its folder the declaration is missing; a new one is followed like the first."""
    follower.rest()
    wrong = len(running.events("problem"))
    shutil.rmtree(follower.folder)
    running.until("problem", wrong + 1)
    follower.folder.mkdir()
    for seconds in (next(SECONDS), next(SECONDS)):
        follower.edit(save, follower.file, main_file(seconds))
        follower.runs(seconds)


def test_sources(follower):
    """Edits of what ``configData`` takes in count: of files, and deep in folders."""
    taken = follower.user.home / "taken"
    file, folder = taken / "file.txt", taken / "folder"
    (folder / "sub").mkdir(parents=True)
    file.write_text("one")
    (folder / "sub/deep").write_text("one")
    declared = f'[services.files.configData]\nfile.source = "{file}"\nfolder.source = "{folder}"\n'
    follower.edit(in_place, follower.file, main_file(next(SECONDS)) + service("files") + declared)
    follower.installed("file", "one")
    follower.installed("folder/sub/deep", "one")
    for save in (in_place, renamed_over, as_vim):
        follower.edit(save, file, save.__name__)
        follower.installed("file", save.__name__)
        follower.edit(save, folder / "sub/deep", save.__name__)
        follower.installed("folder/sub/deep", save.__name__)
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
def test_a_checkout(follower, running, check_out):
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
    wrong = len(running.events("problem"))
    check_out(folder, "nothing")
    running.until("problem", wrong + 1)
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
