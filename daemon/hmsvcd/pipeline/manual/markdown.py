"""The manual as Markdown, and what it says of an option in any form."""

from collections.abc import Sequence

from hmsvcd.model.manual import Entry
from hmsvcd.pipeline.manual.inline import inline
from hmsvcd.pipeline.manual.plain import is_given


def markdown(entries: Sequence[Entry]) -> str:
    """Return the manual as Markdown: a heading for each option, and what there is to say."""
    return "\n".join(_section(entry) for entry in entries)


def _section(entry: Entry) -> str:
    facts = "".join(f"- {name}: {text}\n" for name, text in facts_of(entry, code="`"))
    return f"## `{entry.label}`\n\n{entry.description}\n\n{facts}"


def facts_of(entry: Entry, code: str = "") -> list[tuple[str, str]]:
    """Return what there is to say of an option besides its description, values between marks."""
    found = [("type", entry.type + (", read-only" if entry.is_read_only else ""))]
    if entry.is_required:
        found.append(("default", "none: it has to be set"))
    elif entry.default_text:
        found.append(("default", entry.default_text))
    elif is_given(entry.default):
        found.append(("default", f"{code}{inline(entry.default)}{code}"))
    if is_given(entry.example):
        found.append(("example", f"{code}{inline(entry.example)}{code}"))
    if entry.module:
        found.append(("module", f"{code}{entry.module}{code}"))
    return found
