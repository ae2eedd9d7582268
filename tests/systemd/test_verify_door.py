"""systemd-analyze as it is installed here: what it prints is understood."""

import asyncio
import os
from pathlib import Path

import pytest

from hmsvcd.host.verify import verify
from hmsvcd.model.diagnostic import Diagnostic, Place, Severity
from hmsvcd.model.rendering import RenderedUnit
from hmsvcd.pipeline.check.verify import findings

pytestmark = pytest.mark.systemd

Found = tuple[Diagnostic, ...]
Environ = dict[str, str]

GOOD = "[Service]\nExecStart=/bin/true\n"
UNITS = {
    "good.service": GOOD + "X-Anything=1\n\n[Unit]\nAfter=nowhere.service\nWants=none.service\n",
    "typo.service": GOOD + "ExecStrat=/bin/true\n",
    "section.service": GOOD + "\n[Servic]\nType=simple\n",
    "value.service": GOOD + "RestartSec=soon\n",
    "missing.service": "[Service]\nExecStart=/no/such/program --flag\n",
    "relative.service": "[Service]\nExecStart=sh -c true\n",
    "oneshot.service": GOOD + "Restart=always\nType=oneshot\n",
    "empty.service": "[Service]\nType=simple\n",
    "specifier.service": "[Service]\nExecStart=/bin/true %Z\n",
    "template@.service": "[Service]\nExecStart=/no/such/%i\n",
    "deaf.socket": "[Socket]\nAccept=false\n",
    "idle.timer": "[Timer]\nPersistent=true\n",
    "needy.service": GOOD + "\n[Unit]\nRequires=none.service\n",
    "friend.service": GOOD + "\n[Unit]\nRequires=good.service\n",
    "first.service": GOOD + "\n[Unit]\nAfter=second.service\nRequires=second.service\n",
    "second.service": GOOD + "\n[Unit]\nAfter=first.service\nRequires=first.service\n",
}
EXPECTED = {
    ("typo.service", "warning", "ignores the unknown directive ExecStrat="),
    ("value.service", "warning", "RestartSec=: Failed to parse"),
    ("missing.service", "warning", "cannot run /no/such/program"),
    ("oneshot.service", "error", "systemd refuses it"),
    ("empty.service", "error", "systemd refuses it"),
    ("specifier.service", "error", "ExecStart=: Failed to resolve"),
    ("template@.service", "warning", "cannot run /no/such/"),
    ("deaf.socket", "error", "systemd refuses it"),
    ("idle.timer", "error", "systemd refuses it"),
    ("needy.service", "warning", "there is no unit none.service"),
    ("first.service", "warning", "ordered in a circle"),
}


@pytest.fixture(scope="module")
def environ() -> Environ:
    """The surroundings of a command, without those of any manager."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def rendered(units: dict[str, str]) -> dict[str, RenderedUnit]:
    """Units whose place is their name."""
    return {name: RenderedUnit(name, text, name, Place(name)) for name, text in units.items()}


@pytest.fixture(scope="module")
def found(environ: Environ) -> Found:
    """All that is found in all units, seen together in one call."""
    verification = asyncio.run(verify(UNITS, environ))
    assert verification.problem is None
    return findings(verification, rendered(UNITS))


async def test_values_are_quoted_for_the_user_only(environ: Environ) -> None:
    """systemd repeats what it cannot read; the message that others get to see does not."""
    secret = "Tr0ub4dor"
    wrong = ("RestartSec", "Restart", "Environment", "LimitNOFILE", "UMask", "SystemCallFilter")
    units = {
        f"{directive.lower()}{number}.service": f"{GOOD}{directive}={form}\n"
        for directive in (*wrong, "ExecReload", "WorkingDirectory", "LoadCredential")
        for number, form in enumerate((secret, f"/bin/{secret}", f"%Z{secret}", f'"{secret}'))
    }
    told = findings(await verify(units, environ), rendered(units))
    assert any(secret in (each.quoting or "") for each in told)
    assert not any(secret in f"{each.message} {each.hint}" for each in told)


@pytest.mark.parametrize(("name", "severity", "part"), sorted(EXPECTED))
def test_each_mistake_is_told(found: Found, name: str, severity: str, part: str) -> None:
    """What is wrong with a unit is an error where systemd refuses it, else a warning."""
    messages = [
        each.in_full.message
        for each in found
        if each.place == Place(name) and each.severity is Severity(severity)
    ]
    assert any(part in message for message in messages), found


def test_nothing_else_is_told(found: Found) -> None:
    """X- directives, weak dependencies on what is not there, and names on PATH are silent.

    So are unknown sections, which are told without systemd.
    """
    assert {each.place.file for each in found if each.place} == {name for name, *_ in EXPECTED}


def test_the_nearest_directive_comes_from_systemd(found: Found) -> None:
    """The hint knows the directives of the systemd that is installed."""
    [typo] = [each for each in found if each.place == Place("typo.service")]
    assert typo.hint == "did you mean ExecStart=?"


async def test_units_installed_elsewhere_are_found(environ: Environ, tmp_path: Path) -> None:
    """A unit may need what the manager has already, and does not answer for it."""
    (tmp_path / "none.service").write_text(GOOD + "Typo=1\n")
    surroundings = {**environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    units = {"needy.service": UNITS["needy.service"]}
    assert findings(await verify(units, surroundings), rendered(units)) == ()


async def test_no_units_are_no_call() -> None:
    """Without units nothing is run, not even where nothing could be."""
    assert (await verify({}, {"PATH": ""})).problem is None


async def test_a_missing_program_is_a_note(tmp_path: Path) -> None:
    """Where systemd-analyze is not installed, that is all there is to say."""
    verification = await verify({"a.service": GOOD}, {"PATH": str(tmp_path)})
    assert verification.problem == "systemd-analyze is not installed"


async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    """A call that takes too long is given up, and its process with it."""
    slow = tmp_path / "systemd-analyze"
    slow.write_text("#!/bin/sh\nexec /bin/sleep 1000\n")
    slow.chmod(0o755)
    verification = await verify({"a.service": GOOD}, {"PATH": str(tmp_path)}, within=0.2)
    assert verification.problem == "systemd-analyze took longer than 0.2 s"


def test_nothing_is_left_behind(environ: Environ, tmp_path: Path) -> None:
    """The folder that the units were written to is removed."""
    surroundings = {**environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    assert asyncio.run(verify({"a.service": GOOD}, surroundings)).problem is None
    assert list((tmp_path / "hmsvcd").iterdir()) == []


async def test_a_thousand_units_are_one_call(environ: Environ) -> None:
    """Many units are verified together."""
    units = {f"s{number}.service": GOOD + "Typo=1\n" for number in range(1000)}
    assert len(findings(await verify(units, environ), rendered(units))) == 1000


async def test_what_is_installed_is_known(environ: Environ) -> None:
    """A timer may start an installed unit, and a target of systemd may want it."""
    install = "\n[Install]\nWantedBy={target}\n"
    good = "[Timer]\nOnCalendar=daily\nUnit=systemd-tmpfiles-clean.service\n"
    units = {
        "good.timer": good + install.format(target="default.target"),
        "bad.timer": "[Timer]\nOnCalendar=daily\n" + install.format(target="defualt.target"),
    }
    found = findings(await verify(units, environ), rendered(units))
    assert {each.place for each in found} == {Place("bad.timer")}
    assert [each.hint for each in found][1] == "did you mean `default.target`?"
    assert len(found) == 2


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("a.timer", "[Timer]\nOnCalendar=dayly\nUnit=a.service\n", "OnCalendar=: "),
        ("a.socket", "[Socket]\nListenStream=nope\n", "ListenStream=: "),
    ],
)
async def test_the_real_cause_of_a_refusal_is_the_one_error(
    environ: Environ, name: str, text: str, part: str
) -> None:
    """A value that systemd cannot read is told once, with where to look it up."""
    units = {name: text, "a.service": GOOD}
    [found] = findings(await verify(units, environ), rendered(units))
    assert found.severity is Severity.ERROR
    assert part in found.message
    assert found.hint
