"""What systemd prints of units is understood."""

from hmsvcd.model.diagnostic import Diagnostic, Place, Severity
from hmsvcd.model.rendering import RenderedUnit
from hmsvcd.model.verification import Verification
from hmsvcd.pipeline.check.verify import findings

WHOLE = Place("config.toml", ("services", "a"))
EXEC = Place("config.toml", ("services", "a", "process", "argv"))
RESTART = Place("config.toml", ("services", "a", "systemd", "service", "serviceConfig", "Restat"))
AFTER = Place("config.toml", ("services", "a", "systemd", "service", "after"))
TEXT = """\
[Service]
ExecStart=/no/such/%p --flag
Restat=always

[Unit]
After=b.service
Requires=gone.service
"""


def unit(name: str, text: str = TEXT) -> RenderedUnit:
    """A rendered unit whose directives have places."""
    places = {
        ("Service", "ExecStart"): (EXEC,),
        ("Service", "Restat"): (RESTART,),
        ("Unit", "After"): (AFTER,),
    }
    return RenderedUnit(name, text, f"hash-{name}", WHOLE, places)


def told(
    output: str, *names: str, known: dict[str, tuple[str, ...]] | None = None
) -> tuple[Diagnostic, ...]:
    """What is found in an output about some units."""
    units = {name: unit(name) for name in names or ("a.service",)}
    return findings(Verification(output, known or {}), units)


def test_an_unknown_directive_is_a_warning_at_its_place() -> None:
    """It stands where it is declared and names the directive that was meant."""
    line = "/tmp/x/a.service:3: Unknown key 'Restat' in section [Service], ignoring.\n"
    [found] = told(line, known={"Service": ("RestartSec", "Restart", "Type")})
    assert found.severity is Severity.WARNING
    assert found.place == RESTART
    assert found.message == "a.service: systemd ignores the unknown directive Restat="
    assert found.hint == "did you mean Restart=?"


def test_the_wording_of_older_versions_is_understood() -> None:
    """Older versions write the same thing with other quotes."""
    line = "/tmp/x/a.service:3: Unknown key name 'Restat' in section 'Service', ignoring.\n"
    [found] = told(line, known={"Service": ("Restart",)})
    assert found.hint == "did you mean Restart=?"


def test_a_bad_value_is_a_warning() -> None:
    """systemd ignores it, and says so in its own words."""
    [found] = told("/tmp/x/a.service:3: Failed to parse it, ignoring: always\n")
    assert (found.severity, found.place) == (Severity.WARNING, RESTART)
    assert found.message == "a.service: Restat=: systemd ignores this value"
    assert found.quoting == "a.service: Restat=: Failed to parse it, ignoring: always"


def test_a_missing_program_is_a_warning_at_the_command() -> None:
    """Specifiers are expanded in what systemd prints."""
    [found] = told("a.service: Command /no/such/a is not executable: No such file or directory\n")
    assert found.place in {EXEC, WHOLE}
    assert found.severity is Severity.WARNING
    assert found.message == "a.service: cannot run its program: no such file or directory"
    assert found.quoting == "a.service: cannot run /no/such/a: no such file or directory"


def test_a_refused_unit_is_an_error() -> None:
    """What makes systemd refuse a unit is told once, at the directive it names."""
    [found] = told(
        "a.service: Service has Restat= set to what is not allowed. Refusing.\n"
        "Unit a.service has a bad unit file setting.\n"
    )
    assert (found.severity, found.place) == (Severity.ERROR, RESTART)
    assert "systemd refuses it" in found.message


def test_a_fatal_line_is_an_error_and_an_ignored_one_is_not() -> None:
    """Of a refused unit, the line that systemd does not ignore is the reason."""
    found = told(
        "/tmp/x/a.service:3: Failed to parse it, ignoring: always\n"
        "/tmp/x/a.service:2: Invalid specifier: %Z\n"
        "a.service: Unit configuration has fatal error, unit will not be started.\n"
        "Unit a.service has a bad unit file setting.\n"
    )
    assert [(each.severity, each.place) for each in found] == [
        (Severity.WARNING, RESTART),
        (Severity.ERROR, EXEC),
    ]


def test_a_refusal_without_a_reason_is_still_an_error() -> None:
    """A message that is not understood hides no refusal."""
    [found] = told("Unit a.service has a bad unit file setting.\n")
    assert (found.severity, found.place) == (Severity.ERROR, WHOLE)


def test_a_template_is_told_by_its_instance() -> None:
    """systemd makes an instance up to verify a template."""
    [found] = told("a@i.service: Command x is not executable: No such file\n", "a@.service")
    assert found.in_full.message.startswith("a@.service: cannot run x")


def test_units_of_others_are_left_out() -> None:
    """What is wrong with installed units, or with drop-ins, is not this declaration's."""
    assert (
        told(
            "/usr/lib/systemd/user/other.service:3: Unknown key 'X' in section [Unit].\n"
            "other.service: Command /x is not executable: No such file\n"
            "/home/u/.config/systemd/user/a.service.d/x.conf:2: Unknown key 'X'.\n"
            "Unit other.service has a bad unit file setting.\n"
            "something else entirely\n"
        )
        == ()
    )


def test_a_needed_unit_that_is_not_there_is_a_warning() -> None:
    """A start would fail for want of it, unless it appears until then."""
    [found] = told("a.service: Failed to create a.service/start: Unit gone.service not found.\n")
    assert found.severity is Severity.WARNING
    assert "there is no unit gone.service" in found.message


def test_a_needed_unit_that_is_refused_is_told_once() -> None:
    """The reason stands at the refused unit, not at those that need it."""
    output = (
        "b.service: Service has no ExecStart=. Refusing.\n"
        "Unit b.service has a bad unit file setting.\n"
        "a.service: Failed to create a.service/start: "
        "Unit b.service has a bad unit file setting.\n"
    )
    [found] = told(output, "a.service", "b.service")
    assert found.message.startswith("b.service")


def test_an_ordering_cycle_is_told_once() -> None:
    """systemd tells of a cycle from each unit in it; one warning shows the way round."""
    one_way = (
        "a.service: Found ordering cycle on b.service/start\n"
        "a.service: Found dependency on a.service/start\n"
        "a.service: Unable to break cycle starting with a.service/start\n"
    )
    other_way = (
        "b.service: Found ordering cycle on a.service/start\n"
        "b.service: Found dependency on b.service/start\n"
        "b.service: Job a.service/start deleted to break ordering cycle\n"
    )
    [found] = told(one_way + other_way, "a.service", "b.service")
    assert found.place == AFTER
    assert "a.service → b.service → a.service" in found.message


def test_a_host_that_cannot_verify_is_a_warning() -> None:
    """Without systemd-analyze the declaration can be used all the same."""
    [found] = findings(Verification(problem="systemd-analyze is not installed"), {})
    assert (found.severity, found.place) == (Severity.WARNING, None)


def test_nothing_to_say_is_nothing() -> None:
    """Good units print nothing."""
    assert told("") == ()


TIMER = """\
[Timer]
OnCalendar=dayly

[Install]
WantedBy=timers.target
WantedBy=defualt.target

[Unit]
Requires=gone.service
Requires=here.service
"""
PLACES = {
    ("Timer", "OnCalendar"): (Place("f", ("OnCalendar",)),),
    ("Install", "WantedBy"): (Place("f", ("WantedBy", 0)), Place("f", ("WantedBy", 1))),
    ("Unit", "Requires"): (Place("f", ("Requires", 0)), Place("f", ("Requires", 1))),
}
TIMERS = {"t.timer": RenderedUnit("t.timer", TIMER, "hash", Place("f"), PLACES)}
INSTALLED = frozenset({"default.target", "timers.target", "here.service"})


def missing(
    installed: frozenset[str] = INSTALLED, *broken: str
) -> dict[tuple[str | int, ...], str]:
    """What is said of units that are not there: key → message."""
    found = findings(Verification(installed=installed), TIMERS, frozenset(broken))
    return {each.place.key: each.message for each in found if each.place}


def test_units_that_are_not_there_are_warnings_at_their_names() -> None:
    """What to start, what is needed, and a target that is to start something."""
    assert missing() == {
        (): "nothing to start: there is no t.service",
        ("Requires", 0): "t.timer: cannot start: there is no unit gone.service, which it needs",
        ("WantedBy", 1): "WantedBy= names defualt.target, which is not there: it starts nothing",
    }


def test_units_whose_own_mistake_is_told_are_not_missing() -> None:
    """They will be there once they are mended."""
    assert set(missing(INSTALLED, "t.service", "gone.service")) == {("WantedBy", 1)}
    line = "t.timer: Failed to create t.timer/start: Unit gone.service not found.\n"
    assert findings(Verification(line), TIMERS, frozenset({"gone.service"})) == ()


def test_without_a_list_of_what_is_installed_nothing_is_missing() -> None:
    """A host that cannot say what there is gives no false alarm."""
    assert missing(frozenset()) == {}


def test_a_value_that_is_ignored_is_why_a_unit_is_refused() -> None:
    """One error, at the directive, instead of a warning there and an error at the unit."""
    output = (
        "/tmp/x/t.timer:2: Failed to parse calendar specification, ignoring: dayly\n"
        "t.timer: Timer unit lacks value setting. Refusing.\n"
        "Unit t.timer has a bad unit file setting.\n"
    )
    [found] = findings(Verification(output), TIMERS)
    assert (found.severity, found.place) == (Severity.ERROR, PLACES["Timer", "OnCalendar"][0])
    assert found.quoting == "t.timer: OnCalendar=: Failed to parse calendar specification: dayly"
    assert "systemd-analyze calendar" in (found.hint or "")


def test_an_element_of_a_list_has_its_own_place() -> None:
    """The line that systemd names is one assignment of several."""
    line = "/tmp/x/t.timer:10: Failed to add dependency on here, ignoring: Invalid argument\n"
    [found] = findings(Verification(line), TIMERS)
    assert found.place == Place("f", ("Requires", 1))


def test_a_value_that_is_ignored_is_not_to_blame_for_another() -> None:
    """What a unit lacks is told where the ignored value has nothing to do with it."""
    text = "[Timer]\nAccuracySec=x\n"
    units = {"t.timer": RenderedUnit("t.timer", text, "hash", Place("f"))}
    output = (
        "/tmp/x/t.timer:2: Failed to parse sec value, ignoring: x\n"
        "t.timer: Timer unit lacks value setting. Refusing.\n"
        "Unit t.timer has a bad unit file setting.\n"
    )
    found = findings(Verification(output), units)
    assert [each.severity for each in found] == [Severity.WARNING, Severity.ERROR]
