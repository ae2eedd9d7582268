"""The pages of the shipped service modules, in docs/modules."""

import re
from pathlib import Path

from hmsvcd.model.manual import Entry
from hmsvcd.model.module import Module
from hmsvcd.pipeline.manual.entries import module_manual
from hmsvcd.pipeline.manual.inline import inline
from hmsvcd.pipeline.manual.plain import is_given

FOLDER = Path(__file__).parent.parent / "docs/modules"


def shown(name: str, language: str) -> list[str]:
    """Return the blocks of a language on the page of a module."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return fence.findall((FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def table(name: str) -> list[str]:
    """Return the rows of the table of options on the page of a module."""
    lines = (FOLDER / f"{name}.md").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(f"| `{name}.")]


def rows(module: Module) -> list[str]:
    """Return the table of options that a module's page has to have: of values, not of tables."""
    return [
        f"| `{entry.label}` | {entry.type} | {_default(entry)} | {entry.description} |"
        for entry in module_manual(module, ())
        if not entry.type.startswith("a table")
    ]


def _default(entry: Entry) -> str:
    if entry.is_required:
        return "has to be set"
    if entry.default_text:
        return entry.default_text
    return f"`{inline(entry.default)}`" if is_given(entry.default) else ""
