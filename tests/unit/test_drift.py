"""What somebody else has changed, told from what a switch changes."""

import pytest

from hmsvcd.model.generation import Generation
from hmsvcd.model.plan import Change, Drift, FileChange, LinkKind
from hmsvcd.pipeline.drift import drift

BEFORE = Generation(
    units={"a.service": "1-a.service"},
    links={"default.target.wants": ("a.service",)},
    files={"home-services/a/x": "1-x"},
)
WANTS = "default.target.wants/a.service"
CREATE, REPLACE, REMOVE = Change.CREATE, Change.REPLACE, Change.REMOVE


@pytest.mark.parametrize(
    ("kind", "change", "path", "new", "is_drift"),
    [
        (LinkKind.UNIT, CREATE, "a.service", "1-a.service", True),
        (LinkKind.UNIT, REPLACE, "a.service", "1-a.service", True),
        (LinkKind.UNIT, REPLACE, "a.service", "2-a.service", False),
        (LinkKind.UNIT, REMOVE, "a.service", None, False),
        (LinkKind.UNIT, REMOVE, "b.service", None, True),
        (LinkKind.UNIT, CREATE, "b.service", "1-b.service", False),
        (LinkKind.DEPENDENCY, CREATE, WANTS, "1-a.service", True),
        (LinkKind.DEPENDENCY, REPLACE, WANTS, "2-a.service", False),
        (LinkKind.DEPENDENCY, CREATE, "x.target.wants/a.service", "1-a.service", False),
        (LinkKind.DEPENDENCY, REMOVE, "x.target.wants/a.service", None, True),
        (LinkKind.FILE, CREATE, "home-services/a/x", "1-x", True),
        (LinkKind.FILE, REPLACE, "home-services/a/x", "2-x", False),
        (LinkKind.FILE, REMOVE, "home-services/a/y", None, True),
    ],
)
def test_drift_is_what_ends_as_it_was_left(kind, change, path, new, is_drift):
    """A link that is made as it was, or taken away where there was to be none, is a repair."""
    name = path if kind is LinkKind.FILE else path.rpartition("/")[2]
    made = FileChange(f"/home/u/{path}", change, kind, name, None, new)
    found = [Drift(made.path, name, change)] if is_drift else []
    assert list(drift(BEFORE, [made])) == found


@pytest.mark.parametrize(
    ("change", "new"), [(CREATE, "1-a.service"), (REPLACE, "1-a.service"), (REMOVE, None)]
)
def test_what_was_left_alone_is_no_drift(change, new):
    """Nobody has taken away a link that was never made because another file counted."""
    name = "a.service" if new else "b.service"
    made = FileChange(f"/home/u/{name}", change, LinkKind.UNIT, name, None, new)
    assert list(drift(BEFORE, [made], {name})) == []
    assert len(list(drift(BEFORE, [made]))) == 1
