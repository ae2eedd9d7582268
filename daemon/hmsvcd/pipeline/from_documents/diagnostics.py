"""Diagnostics from the documents of the daemon."""

from hmsvcd.model.diagnostic import Diagnostic, Place, Position, Severity
from hmsvcd.pipeline.documents import Document
from hmsvcd.pipeline.from_documents.fields import number, rows, text


def diagnostics_of(found: Document) -> tuple[Diagnostic, ...]:
    """Return the errors of a document, then its warnings."""
    return tuple(
        Diagnostic(
            severity=severity,
            message=text(each, "message") or "",
            key=text(each, "key"),
            hint=text(each, "hint"),
            place=_place(each),
            position=_position(each),
        )
        for key, severity in (("errors", Severity.ERROR), ("warnings", Severity.WARNING))
        for each in rows(found, key)
    )


def _place(found: Document) -> Place | None:
    file = text(found, "file")
    return None if file is None else Place(file)


def _position(found: Document) -> Position | None:
    line, column = number(found, "line"), number(found, "column")
    return None if line is None or column is None else Position(line, column)
