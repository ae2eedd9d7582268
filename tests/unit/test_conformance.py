"""Declarations and what Home Manager's own code renders for them (recorded)."""

import json
import re
from pathlib import Path

import pytest

from hmsvcd.model.context import Context
from hmsvcd.model.document import Document
from hmsvcd.model.rendering import Captured
from hmsvcd.model.store import content_digest, object_name
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.render import render, sources

CASES = [
    pytest.param(case, id=f"{path.stem}/{case['name']}")
    for path in sorted((Path(__file__).parent.parent / "cases").glob("*.json"))
    for case in json.loads(path.read_text())
]
HOME = "/home/hm-user"
CONTEXT = Context(
    home_directory=HOME,
    username="hm-user",
    config_home=f"{HOME}/.config",
    data_home=f"{HOME}/.local/share",
    state_home=f"{HOME}/.local/state",
    cache_home=f"{HOME}/.cache",
    runtime_dir="/run/user/1000",
    store=f"{HOME}/.local/state/hmsvcd/store",
    environment={},
    working_directory="/declaration",
)
SETS = (
    *("After", "Before", "Wants", "Requires", "Upholds", "BindsTo", "PartOf", "Conflicts"),
    *("Requisite", "WantedBy", "RequiredBy"),
)


def capture(path):
    content = Path(path).read_bytes()
    name = object_name(content_digest(content), Path(path).name)
    return Captured(path, name, content_digest(content))


def comparable(text):
    """Sort the repeated lines of directives that are sets."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        key = lines[at].partition("=")[0]
        end = at + 1
        while key in SETS and end < len(lines) and lines[end].startswith(f"{key}="):
            end += 1
        lines[at:end] = sorted(lines[at:end])
        at = end
    return "\n".join(lines)


@pytest.mark.parametrize("case", CASES)
def test_renders_what_home_manager_renders(case):
    """Units, links and files are those recorded, byte for byte, and what is refused is refused."""
    declaration, diagnostics = check([Document("config.toml", case["declaration"])], CONTEXT)
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.is_error]
    if "refused" in case:
        assert errors
        assert all(error.place for error in errors)
        return
    assert errors == []
    assert declaration is not None
    captured = {file.source: capture(file.source) for file in sources(declaration) if file.source}
    rendering = render(declaration, captured, CONTEXT)
    shown = {
        f"@{target}@": CONTEXT.store_path(file.object_name)
        for target, file in rendering.files.items()
    }
    expected = {
        name: re.sub("@[^@\n]*@", lambda found: shown.get(found.group(), found.group()), text)
        for name, text in case["units"].items()
    }
    assert {name: comparable(unit.text) for name, unit in rendering.units.items()} == {
        name: comparable(text) for name, text in expected.items()
    }
    assert {folder: set(units) for folder, units in rendering.links.items()} == {
        folder: set(units) for folder, units in case["links"].items()
    }
    assert {
        target: {"text": file.text} if file.text is not None else {"source": file.source}
        for target, file in rendering.files.items()
    } == case["config_files"]
