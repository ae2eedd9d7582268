"""The watcher tells of every change in its places, and of nothing else."""

import shutil
from pathlib import Path

import pytest

from hmsvcd.host.watch import Change, Pace, Places
from watching import (
    BY_COMPARING,
    BY_EVENTS,
    EDITS,
    Edit,
    append,
    files,
    folders,
    read,
    rename_over,
    silent,
    told,
    trees,
    watching,
    write,
)


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edit_of_a_file_is_told(file: Path, edit: Edit):
    """Also the next one, however the first one was made."""
    async with watching(files(file)) as watcher:
        edit(file)
        await told(watcher)
        write(file)
        await told(watcher)


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edit_behind_links_is_told(file: Path, tmp_path: Path, edit: Edit):
    """The file lies in another folder, at the end of links through a third one."""
    second = tmp_path / "second"
    second.mkdir()
    (second / "middle").symlink_to("../config/hmsvcd/config.toml")
    link = tmp_path / "first" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(second / "middle")
    async with watching(files(link)) as watcher:
        edit(file)
        await told(watcher)
        write(file)
        await told(watcher)


async def test_a_link_that_leads_elsewhere_is_told(file: Path, tmp_path: Path):
    """From then on, edits at the new end are told, and at the old one no more."""
    other = tmp_path / "other" / "new.toml"
    other.parent.mkdir()
    other.write_text("other")
    link = tmp_path / "links" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(file)
    async with watching(files(link)) as watcher:
        link.unlink()
        link.symlink_to(other)
        await told(watcher)
        write(file)
        assert await silent(watcher)
        write(other)
        await told(watcher)


async def test_a_folder_on_the_way_may_be_a_link(file: Path, tmp_path: Path):
    """When that link leads to another folder, the file there is another one."""
    other = tmp_path / "dotfiles"
    other.mkdir()
    (other / "config.toml").write_text("other")
    link = tmp_path / "links" / "hmsvcd"
    link.parent.mkdir()
    link.symlink_to(file.parent)
    async with watching(files(link / "config.toml")) as watcher:
        beside = link.with_name("beside")
        beside.symlink_to(other)
        beside.rename(link)
        await told(watcher)
        write(other / "config.toml")
        await told(watcher)


async def test_a_file_may_come_later(tmp_path: Path):
    """So may all folders that it lies in."""
    file = tmp_path / "a" / "b" / "c" / "config.toml"
    async with watching(files(file)) as watcher:
        file.parent.mkdir(parents=True)
        file.write_text("there")
        await told(watcher)
        write(file)
        await told(watcher)


async def test_a_folder_may_come_later(file: Path):
    """What is put into it afterwards is told."""
    conf_d = file.parent / "conf.d"
    async with watching(folders(conf_d)) as watcher:
        conf_d.mkdir()
        await told(watcher)
        write(conf_d / "more.toml")
        await told(watcher)


async def test_every_name_in_a_folder_matters(file: Path):
    """One that comes, changes, gets another name or goes is told."""
    name = file.parent / "new"
    async with watching(folders(file.parent)) as watcher:
        for change in (write, append, lambda path: path.rename(file.parent / "other")):
            change(name)
            await told(watcher)
        (file.parent / "other").unlink()
        await told(watcher)


async def test_a_folder_that_is_made_anew_is_watched_anew(file: Path):
    """It has the same name, and perhaps the same inode."""
    async with watching(files(file)) as watcher:
        for _ in range(3):
            shutil.rmtree(file.parent)
            file.parent.mkdir()
            write(file)
            await told(watcher)
            rename_over(file)
            await told(watcher)


async def test_a_folder_may_be_replaced_as_a_whole(file: Path, tmp_path: Path):
    """As `git checkout` or a deployment does, by a rename."""
    new = tmp_path / "new"
    shutil.copytree(file.parent, new)
    async with watching(files(file)) as watcher:
        file.parent.rename(tmp_path / "old")
        new.rename(file.parent)
        await told(watcher)
        write(file)
        await told(watcher)
        write(tmp_path / "old" / file.name)
        assert await silent(watcher)


async def test_everything_in_a_tree_matters(tmp_path: Path):
    """Also in folders that come later, with all that they hold when they come."""
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    async with watching(trees(tree)) as watcher:
        write(tree / "a" / "b" / "file")
        await told(watcher)
        (tree / "new" / "deep").mkdir(parents=True)
        await told(watcher)
        write(tree / "new" / "deep" / "file")
        await told(watcher)
        shutil.rmtree(tree / "a")
        await told(watcher)


@pytest.mark.parametrize("pace", [BY_EVENTS, BY_COMPARING])
async def test_what_does_not_matter_wakes_nobody(file: Path, pace: Pace):
    """Neighbours of a file, and of the folder around it, come, change and go."""
    async with watching(files(file), pace) as watcher:
        for folder in (file.parent, file.parent.parent):
            neighbour = folder / "neighbour"
            write(neighbour)
            append(neighbour)
            neighbour.rename(folder / "other")
            (folder / "other").unlink()
            (folder / "more").mkdir()
        read(file)
        assert await silent(watcher)
        write(file)
        await told(watcher)


async def test_folders_in_a_folder_do_not_matter(file: Path):
    """Only that they are there does."""
    inside = file.parent / "inside"
    inside.mkdir()
    async with watching(folders(file.parent)) as watcher:
        write(inside / "file")
        assert await silent(watcher)


async def test_the_same_places_again_are_no_change(file: Path):
    """Nor are fewer places; those that are left are watched on."""
    other = file.with_name("other")
    async with watching(files(file, other)) as watcher:
        watcher.look_at(files(file, other))
        watcher.look_at(files(file))
        assert await silent(watcher)
        write(other)
        assert await silent(watcher)
        write(file)
        await told(watcher)


async def test_more_places_count_as_changed_once(file: Path, tmp_path: Path):
    """Then they are watched like the others."""
    other = tmp_path / "elsewhere" / "other"
    async with watching(files(file)) as watcher:
        watcher.look_at(files(file, other))
        await told(watcher)
        other.parent.mkdir()
        write(other)
        await told(watcher)
        write(file)
        await told(watcher)


async def test_a_place_beside_a_missing_one_counts_as_changed(tmp_path: Path):
    """Although the folder that both are missing in is watched already."""
    missing = tmp_path / "missing"
    async with watching(files(missing / "one")) as watcher:
        watcher.look_at(files(missing / "one", missing / "two"))
        await told(watcher)


async def test_a_change_between_two_orders_is_told(file: Path, tmp_path: Path):
    """What happened while the watch was moved counts."""
    other = tmp_path / "elsewhere" / "other"
    async with watching(files(file, other)) as watcher:
        write(file)
        watcher.look_at(files(file))
        await told(watcher)


async def test_it_is_said_where_something_may_have_changed(file: Path, tmp_path: Path):
    """What lies in a tree is told from the rest; where links lead, nobody can say."""
    tree = tmp_path / "tree"
    (tree / "inside").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(file)
    places = Places(frozenset({file, link}), frozenset({file.parent}), frozenset({tree}))
    async with watching(places) as watcher:
        write(file)
        assert await told(watcher) is Change.OUTSIDE_TREES
        write(file.parent / "neighbour")
        assert await told(watcher) is Change.OUTSIDE_TREES
        write(tree / "inside" / "file")
        assert await told(watcher) is Change.ANYWHERE
        write(file)
        assert await told(watcher) is Change.OUTSIDE_TREES
        (tree / "inside").rename(tree / "elsewhere")
        assert await told(watcher) is Change.ANYWHERE
        link.unlink()
        assert await told(watcher) is Change.ANYWHERE
        tree.rename(tmp_path / "gone")
        assert await told(watcher) is Change.ANYWHERE


async def test_an_edit_in_a_tree_counts_among_others(file: Path, tmp_path: Path):
    """What comes at once is told once, and nothing of it is forgotten."""
    tree = tmp_path / "tree"
    tree.mkdir()
    places = Places(frozenset({file}), trees=frozenset({tree}))
    async with watching(places) as watcher:
        write(file)
        write(tree / "file")
        write(file)
        assert await told(watcher) is Change.ANYWHERE
