"""What a folder holds may be taken in later than what the events there were about."""

from pathlib import Path

from hmsvcd.host.places import Picture, Places


def test_what_a_folder_holds_is_taken_in_when_it_is_listed_again(tmp_path: Path):
    """Until then it looks as before; a file that is watched by its name is seen at once."""
    folder = tmp_path.resolve() / "folder"
    folder.mkdir()
    file = folder / "file"
    file.write_text("one")
    places = Places(files=frozenset({file}), folders=frozenset({folder}))
    seen, event = Picture(places), {str(file)}
    file.write_text("another")
    now = Picture(places)
    assert not seen.look_at_names(event)
    assert seen.names == now.names
    assert now.differs(seen)
    seen.list_again(event)
    assert not now.differs(seen)
