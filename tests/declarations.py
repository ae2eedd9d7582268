"""Declarations as text, checked and rendered for a user who does not exist."""

import tomllib

from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.document import Document
from hmsvcd.model.rendering import Captured, Rendering
from hmsvcd.model.service import Declaration
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.render import render, sources

CONTEXT = Context(
    home_directory="/home/user",
    username="user",
    config_home="/home/user/.config",
    data_home="/home/user/.local/share",
    state_home="/home/user/.local/state",
    cache_home="/home/user/.cache",
    runtime_dir="/run/user/1000",
    store="/store",
    environment={"LANG": "C.UTF-8", "BYTES": "\udcff"},
    working_directory="/declaration",
)
HEAD = '[services.a]\nprocess.argv = ["/bin/a"]\n'
"""The beginning of a declaration with one service."""


def documents(*texts: str) -> list[Document]:
    """Return the files of a declaration: ``config.toml``, then ``conf.d/1.toml`` and so on."""
    names = ["config.toml", *(f"conf.d/{number}.toml" for number in range(1, len(texts)))]
    return [Document(name, tomllib.loads(text)) for name, text in zip(names, texts, strict=True)]


def judged(*texts: str) -> tuple[Declaration | None, tuple[Diagnostic, ...]]:
    """Return what checking the files of a declaration gives; no declaration if it is wrong."""
    declaration, diagnostics = check(documents(*texts), CONTEXT)
    is_wrong = any(diagnostic.is_error for diagnostic in diagnostics)
    return None if is_wrong else declaration, diagnostics


def errors(*texts: str) -> list[Diagnostic]:
    """Return the errors of a declaration."""
    return [diagnostic for diagnostic in judged(*texts)[1] if diagnostic.is_error]


def warnings(*texts: str) -> list[Diagnostic]:
    """Return the warnings of a declaration that has no errors."""
    declaration, diagnostics = judged(*texts)
    assert declaration is not None, diagnostics
    return list(diagnostics)


def rendering(*texts: str) -> Rendering:
    """Return what a declaration without errors renders to."""
    declaration, diagnostics = judged(*texts)
    assert declaration is not None, diagnostics
    captured = {
        file.source: Captured(file.source, f"hash-{file.label}", "digest")
        for file in sources(declaration)
        if file.source
    }
    return render(declaration, captured, CONTEXT)


def lines(unit: str, *texts: str) -> list[str]:
    """Return the lines of one rendered unit."""
    return rendering(*texts).units[unit].text.splitlines()


def values(directive: str, *texts: str, unit: str = "a.service") -> list[str]:
    """Return the assignments of a directive in a rendered unit."""
    start = f"{directive}="
    return [line.removeprefix(start) for line in lines(unit, *texts) if line.startswith(start)]
