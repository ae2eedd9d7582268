"""Whatever stands in a declaration, ``check`` answers with diagnostics, never with a traceback."""

import contextlib
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from hmsvcd.cli.main import run

KEYS = [
    "services", "systemd", "daemon", "a", "b", "foo@", "c/d", "imports", "process", "argv",
    "mainExecStart", "sockets", "service", "socket", "user", "timers", "paths", "targets",
    "slices", "mounts", "automounts", "configData", "enable", "name", "text", "source", "format",
    "value", "path", "serviceConfig", "unitConfig", "socketConfig", "environment", "description",
    "documentation", "requires", "wants", "after", "before", "wantedBy", "requiredBy",
    "listenStreams", "listenDatagrams", "assertions", "warnings", "mkForce", "mkDefault",
    "mkOverride", "mkBefore", "mkAfter", "mkOrder", "mkMerge", "mkIf", "condition", "content",
    "priority", "Type", "Restart", "ExecStart", "ExecReload", "X-SwitchMethod",
    "X-Reload-Triggers", "Timer", "OnCalendar", "Install", "WantedBy", "Unit", "keep_generations",
    "job_timeout", "settle", "trigger_action",
]  # fmt: skip
VALUES = [
    "", " ", "/bin/sleep", "reload", "restart", "oneshot", "always", "json", "toml", "ini", "yaml",
    "env", "default.target", "%t/x", "50ms", "../x", "x/../y", "a\nb", "a\rb", "a\\", "\0",
    "\x1b[31m", "@{config.process.argv.0}", "@{config}", "@{", "@@{", "@{env.NONE}",
    "@{home.services.a.process.argv.1}", "@{xdg.runtimeDir}",
    '@{config.configData."a".path}', "@{config.a.b.c.9}",
    "-", "+x", "日本", "\u202e", "\ufeff", "\U0010ffff", "x" * 5000,
]  # fmt: skip

scalars = (
    st.sampled_from(VALUES)
    | st.text(alphabet=st.characters(exclude_characters="/", codec="utf-8"), max_size=20)
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.floats()
    | st.datetimes()
    | st.dates()
    | st.times()
)
keys = st.sampled_from(KEYS) | st.text(st.characters(codec="utf-8"), max_size=5)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
tables = st.dictionaries(keys, trees, max_size=4)
services = st.fixed_dictionaries(
    {"process": st.fixed_dictionaries({"argv": st.lists(scalars, max_size=3) | trees})},
    optional={
        "configData": st.dictionaries(keys, tables, max_size=3) | trees,
        "systemd": st.fixed_dictionaries(
            {}, optional={"service": tables, "socket": tables, "services": tables}
        ),
        "services": tables,
        "imports": trees,
    },
)
declarations = st.fixed_dictionaries(
    {},
    optional={
        "services": st.dictionaries(keys, services | trees, max_size=3),
        "systemd": st.fixed_dictionaries({"user": st.dictionaries(keys, tables, max_size=3)}),
        "daemon": tables,
    },
)

WHOLE = b"""\
[services.demo]
process.argv = ["/bin/sleep", '@{config.configData."app.toml".path}']
configData."app.toml".text = "port = 1234\\n"
systemd.service.serviceConfig.Restart = { mkForce = "no" }

[systemd.user.timers.demo]
Timer.OnCalendar = "daily"
"""


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good declaration of which some bytes are missing, and others are too many."""
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(WHOLE))] * 2)))
    return WHOLE[:first] + draw(st.binary(max_size=6)) + WHOLE[last:]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for one declaration after the other."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def checked(*arguments: str) -> str:
    """Return what ``check`` prints, after a look at how it ends."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["check", *arguments])
    said = out.getvalue() + err.getvalue()
    assert code in {0, 1}, said
    assert "Traceback" not in said
    assert "internal error" not in said
    return out.getvalue()


def check_bytes(folder: Path, content: bytes) -> None:
    """Check one declaration, as a document and as text."""
    path = folder / "config.toml"
    path.write_bytes(content)
    document: dict[str, Any] = json.loads(checked("--json", "-c", str(path)))
    assert set(document) == {"version", "errors", "warnings"}
    if document["errors"]:  # as text only then: systemd need not be asked twice
        text = checked("-c", str(path))
        assert text.count("error: ") >= len(document["errors"])
        assert "\x1b" not in text


@given(declaration=declarations)
@settings(deadline=None, max_examples=150)
def test_any_declaration_is_answered(folder: Path, declaration: dict[str, Any]) -> None:
    """Any tables, keys and values make diagnostics or none."""
    check_bytes(folder, tomli_w.dumps(declaration).encode())


@given(content=st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(deadline=None)
def test_any_bytes_are_answered(folder: Path, content: bytes) -> None:
    """Bytes that are no TOML make diagnostics."""
    check_bytes(folder, content)


@given(content=damaged())
@settings(deadline=None)
def test_a_damaged_declaration_is_answered(folder: Path, content: bytes) -> None:
    """A declaration that was cut, or written over, makes diagnostics or none."""
    check_bytes(folder, content)


@pytest.mark.parametrize(
    "text",
    ["\0", "[" * 3000, "a." * 3000 + "a = 1", "a = " + "[" * 3000, "a = " + "{a = " * 3000,
     "services.a.process.argv = ['@{" + "config." * 2000 + "x}']", "a = 1e9999",
     f"a = {'9' * 5000}", "services.a = " + "{mkForce = " * 200 + "1" + "}" * 200],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)  # fmt: skip
def test_what_is_too_much_is_answered(stranger: Any, text: str) -> None:
    """Deep nesting and huge numbers make diagnostics, in a process of its own too."""
    stranger.declare(text)
    ran = stranger("check", "--json")
    assert ran.code in {0, 1}, ran.err
    assert set(ran.document) == {"version", "errors", "warnings"}
