"""What goes to the log and over D-Bus quotes no value that is declared, right or wrong."""

import contextlib
import json
import tomllib
from collections.abc import Iterable, Mapping

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations import CONTEXT
from hmsvcd.model.decision import Installing
from hmsvcd.model.diagnostic import Diagnostic, Place
from hmsvcd.model.document import Document, SourceText
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.rendering import Captured, RenderedUnit
from hmsvcd.model.unit import UnitFile
from hmsvcd.model.verification import Verification
from hmsvcd.pipeline.check.verify import findings
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.decide.plan import decide
from hmsvcd.pipeline.documents import document, plan_values
from hmsvcd.pipeline.read.parse import parse
from hmsvcd.pipeline.render import render, sources
from hmsvcd.pipeline.syntax import unit_file
from property.test_check_never_fails import ROOTS, likely

SECRET = "Tr0ub4dor"
NUMBER = 7305528091
FORMS = (
    "{secret}",
    "{value}{secret}",
    "{secret}{value}",
    "A={secret}",
    "{secret}=",
    "/{secret}",
    "/bin/{secret} --{secret}",
    "@{{{secret}",
    "@{{{secret}.x}}",
    "{secret}\n[{secret}]\n",
    "{secret}.target",
)
"""What a string may become."""

NAMES = frozenset({"name"})
"""Options whose value is the name of a file, which may be told."""


@st.composite
def planted(draw, trees):
    """Draw a tree in which many values hold the secret; keys are as they were."""
    return {key: plant(draw, value) for key, value in draw(trees).items()}


def plant(draw, value):
    """Return a value with secrets in it."""
    if isinstance(value, dict):
        if draw(st.integers(0, 9)) == 0:
            return [f"{SECRET}={SECRET}"]
        return {key: inner if key in NAMES else plant(draw, inner) for key, inner in value.items()}
    if isinstance(value, list):
        if draw(st.integers(0, 9)) == 0:
            return f"/bin/a {SECRET}"
        return [plant(draw, inner) for inner in value]
    return plant_here(draw, value)


def plant_here(draw, value):
    """Return a value that is neither table nor list, or a secret in its place."""
    if isinstance(value, str):
        return draw(st.sampled_from(FORMS)).format(secret=SECRET, value=value)
    if isinstance(value, int) and not isinstance(value, bool):
        return draw(st.sampled_from([value, NUMBER, NUMBER**3, -NUMBER]))
    return draw(st.sampled_from([value, value, SECRET]))


def is_kept(told: object) -> bool:
    """Say whether no secret stands in a document, or in all that can be shown of a value."""
    text = told if isinstance(told, str) else json.dumps(told)
    return SECRET not in text and str(NUMBER) not in text


def keep(diagnostics: Iterable[Diagnostic]) -> None:
    """Demand of all diagnostics that they keep the secrets."""
    for diagnostic in diagnostics:
        assert is_kept(document((), [diagnostic], {})), diagnostic


@given(st.lists(planted(ROOTS), min_size=1, max_size=2))
@settings(deadline=None)
def test_what_is_wrong_is_told_without_values(trees):
    """No message, hint or note about a declaration, and no key, holds what it gives as a value."""
    documents = [Document(f"{number}.toml", tree) for number, tree in enumerate(trees)]
    keep(check(documents, CONTEXT)[1])


SERVICE_HEAD = "[services.a]\nprocess.argv = ['/bin/a']\n"
MISTAKES = (
    "[services.a]\nprocess.argv = '/bin/a --token {secret}'",
    "[services.a]\nprocess.argv = ['bin/{secret}']",
    "{head}systemd.service.environment = ['TOKEN={secret}', '{secret}=']",
    '{head}systemd.service.environment.TOKEN = "\\u0000{secret}"',
    "{head}systemd.service.environment.TOKEN = '@{{{secret}.x}}'",
    "{head}systemd.service.environment.TOKEN = '{secret}@{{config.bogus}}'",
    "{head}systemd.service.serviceConfig.ExecStart = '{secret}\\'",
    "{head}systemd.service.unitConfig.X-SwitchMethod = '{secret}'",
    "{head}systemd.service.wantedBy = '{secret}'",
    "{head}systemd.service.description.mkMerge = ['{secret}', '{secret}2']",
    "{head}configData.f = '{secret}'",
    "{head}configData.f = {{ format = '{secret}', value = 1 }}",
    "{head}configData.f = {{ format = 'ini', value.a.\"[b]\\nc\" = '{secret}' }}",
    "{head}configData.f = {{ format = 'ini', value.\"a]\\nk\".b = '{secret}' }}",
    "{head}configData.f = {{ format = 'env', value.a = ['{secret}'] }}",
    "{head}configData.f = {{ source = '~{secret}' }}",
    "{head}assertions = [{{ assertion = false, message = '{secret}' }}]",
    "{head}warnings = ['{secret}']",
    "{head}imports = ['{secret}']",
    "[systemd.user.mounts.m.Mount]\nWhere = '{secret}'",
    "[systemd.user.services.m.Service]\nType = 'oneshot'\nRestart = '{secret}'",
    "[daemon]\nsettle = '{secret}'\ntrigger_action = '{secret}'\nlog_level = '{secret}'",
    "[daemon]\nkeep_generations = -{number}",
)
BROKEN = (
    "[services.a]\ntoken = {secret}\n{secret} {secret}\n",
    "[services.a]\ntoken = 'x' {secret}\n\n]\n[b]\n{secret}\n",
    "[services.a]\ntoken = '{secret}\n",
    'token = "\\{secret}"\n',
    "token = {number}{secret}\n",
    "token = [ '{secret}' '{secret}' ]\n= '{secret}'\n",
)


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_told_without_values(text):
    """Mistakes whose words would gain from a value do without it."""
    filled = text.format(secret=SECRET, number=NUMBER, head=SERVICE_HEAD)
    _, found = check([Document("config.toml", tomllib.loads(filled))], CONTEXT)
    assert found
    keep(found)


@pytest.mark.parametrize("text", BROKEN)
def test_broken_files_are_told_of_without_values(text):
    """What is no TOML is not repeated."""
    found = parse(SourceText("config.toml", text.format(secret=SECRET, number=NUMBER)))
    assert not isinstance(found, Document)
    keep(found)


@given(planted(likely()), st.data())
@settings(deadline=None)
def test_broken_files_are_told_of_without_their_text(tree, data):
    """A file that was cut or spoilt anywhere is explained in words that are not its own."""
    text = ""
    with contextlib.suppress(Exception):  # what TOML cannot say is no file
        text = tomli_w.dumps(tree)
    at = data.draw(st.integers(0, len(text)))
    spoilt = text[:at] + data.draw(st.sampled_from(["", text[at + 1 :], f"[{text[at:]}"]))
    result = parse(SourceText("config.toml", spoilt))
    if not isinstance(result, Document):
        keep(result)


SERVICE = st.fixed_dictionaries(
    {
        "process": st.fixed_dictionaries({"argv": st.just(["/bin/a", "x"])}),
        "systemd": st.fixed_dictionaries({
            "service": st.fixed_dictionaries(
                {},
                optional={
                    "description": st.just("x"),
                    "environment": st.just({"A": "x"}),
                    "unitConfig": st.just({"X-Reload-Triggers": "x"}),
                    "serviceConfig": st.just({"ExecReload": "/bin/r x", "SyslogIdentifier": "x"}),
                },
            )
        }),
        "configData": st.just({"f": {"text": "x"}}),
    }
)  # fmt: skip


@given(SERVICE, SERVICE, st.sampled_from(["active", "inactive", "failed"]), st.data())
@settings(deadline=None)
def test_plans_tell_no_values(before, after, state, data):
    """A plan's reasons, what it induces and its warnings name directives, and nothing more."""
    old, new = (
        units({"services": {"a": with_secrets(service, word)}})
        for service, word in ((before, f"{SECRET}1"), (after, f"{SECRET}2"))
    )
    seen = ObservedUnit("a.service", "loaded", state, inactive_enter=40, main_start=1)
    target = ObservedUnit("default.target", "loaded", "active")
    plan = decide(
        Installing(
            Observed({"a.service": seen, "default.target": target}, now=10_000_000),
            data.draw(st.sampled_from([{}, {name: (unit,) for name, unit in old.items()}])),
            data.draw(st.sampled_from([{}, new])),
            {"default.target.wants": ("a.service",)},
            {"default.target.wants": ("a.service",)},
            asked=data.draw(st.booleans()),
        )
    )
    assert is_kept(plan_values(plan))
    keep(plan.warnings)


def with_secrets(value, secret):
    """Return a value with a secret in place of each ``x``."""
    if isinstance(value, dict):
        return {key: with_secrets(inner, secret) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_secrets(inner, secret) for inner in value]
    return value.replace("x", secret)


def units(tree: Mapping[str, object]) -> dict[str, UnitFile]:
    """Return the units of a declaration without errors."""
    declaration, found = check([Document("config.toml", tree)], CONTEXT)
    assert not [each for each in found if each.is_error]
    captured = {
        file.source or "": Captured(file.source or "", "x", "y") for file in sources(declaration)
    }
    rendered = render(declaration, captured, CONTEXT).units
    return {name: unit_file.parse(name, unit.text) for name, unit in rendered.items()}


SAYINGS = (
    "/tmp/u/a.service:2: Failed to parse service restart specifier, ignoring: {secret}",
    "/tmp/u/a.service:2: Invalid environment assignment, ignoring: {secret}={secret}",
    "/tmp/u/a.service:3: Failed to resolve unit specifiers in '%Z{secret}': Invalid slot",
    "/tmp/u/a.service:3: Executable name contains special characters: {secret}",
    "/tmp/u/a.service:9: {secret}",
    "a.service: Command /bin/{secret} is not executable: No such file or directory",
    "a.service: Service has {secret} set to what is not allowed. Refusing.",
    "a.service: Restart= set to {secret}, which is not allowed. Refusing.",
    "a.service: Unit lacks {secret}= setting. Refusing.",
    "a.service: {secret}",
    "Unit a.service has a bad unit file setting.",
    "Failed to do anything with {secret}",
)
UNIT = f"[Service]\nRestart={SECRET}\nExecStart=/bin/{SECRET}\n"


@given(st.lists(st.sampled_from(SAYINGS), unique=True), st.booleans())
def test_the_words_of_systemd_are_for_the_user_only(sayings, fails):
    """What systemd says of a unit may quote it; what is told elsewhere does not."""
    output = "\n".join(sayings).format(secret=SECRET)
    problem = f"Failed to do anything with {SECRET}" if fails else None
    unit = RenderedUnit("a.service", UNIT, "hash", Place("config.toml"))
    keep(findings(Verification(output, problem=problem), {"a.service": unit}))
