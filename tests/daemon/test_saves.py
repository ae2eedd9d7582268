"""However a declaration is saved, also behind links, what was saved is in force."""

import shutil
from pathlib import Path

import pytest

from saving import SECONDS, WAYS, as_vim, in_place, main_file, point, renamed_over, service

pytestmark = pytest.mark.systemd


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
