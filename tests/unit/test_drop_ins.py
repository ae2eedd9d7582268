"""Drop-ins: what they make of a unit."""

from hmsvcd.model.unit import UnitFile
from hmsvcd.pipeline.syntax.effective import assigned_by, assigned_in, effective
from hmsvcd.pipeline.syntax.unit_file import parse

UNIT = parse("a@.service", "[Service]\nExecStart=/bin/a\nEnvironment=A=1\n")


def with_drop_ins(unit: UnitFile, *drop_ins: str) -> UnitFile:
    """Return a unit as these drop-ins make it."""
    return effective(unit.name, (*assigned_by(unit), *assigned_in(drop_ins)))


def test_drop_ins_add_to_a_unit_in_their_order() -> None:
    """The last assignment counts where one does; lists grow; sections may be new."""
    texts = (
        "[Service]\nEnvironment=B=2\nType=oneshot\n",
        "[Unit]\nAfter=b\n[Service]\nType=exec\n",
    )
    whole = with_drop_ins(UNIT, *texts)
    assert whole.name == "a@.service"
    assert whole.values("Service", "Environment") == ("A=1", "B=2")
    assert whole.last("Service", "Type") == "exec"
    assert whole.words("Unit", "After") == ("b",)


def test_an_empty_assignment_drops_what_was_before() -> None:
    """Two units that differ only in what a drop-in replaces are the same with it."""
    drop_in = "[Service]\nExecStart=\nExecStart=/bin/b\nEnvironment=\n"
    whole = with_drop_ins(UNIT, drop_in)
    assert whole.values("Service", "ExecStart") == ("/bin/b",)
    assert whole.values("Service", "Environment") == ()
    other = parse("a@.service", "[Service]\nExecStart=/bin/c\nEnvironment=C=3\n")
    assert with_drop_ins(other, drop_in) == whole


def test_a_unit_without_drop_ins_is_itself() -> None:
    """Nothing is changed by nothing."""
    assert with_drop_ins(UNIT) == UNIT
