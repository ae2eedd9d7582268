"""Which folders hold the drop-ins of a unit."""

import pytest

from hmsvcd.model.drop_in import drop_in_folders, general_drop_in_folder


@pytest.mark.parametrize(
    ("unit", "names"),
    [
        ("a.service", "a.service"),
        ("a-b-c.socket", "a-b-c.socket a-b-.socket a-.socket"),
        ("a-.slice", "a-.slice"),
        ("-.slice", "-.slice"),
        ("a--.slice", "a--.slice a-.slice"),
        ("a@.service", "a@.service"),
        ("a@x-y.service", "a@x-y.service a@.service"),
        ("a-b@.service", "a-b@.service a-.service"),
        ("a-b@x.service", "a-b@x.service a-b@.service a-.service a-@x.service a-@.service"),
    ],
)
def test_the_most_special_folder_comes_first(unit, names):
    """A unit's own folder counts before its template's, and before those of its beginning."""
    assert drop_in_folders(unit) == tuple(f"{name}.d" for name in names.split())


def test_the_folder_of_a_kind():
    """All units of a kind share one folder."""
    assert general_drop_in_folder("a-b@x.service") == "service.d"
