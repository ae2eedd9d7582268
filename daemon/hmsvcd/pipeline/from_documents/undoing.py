"""What was rolled back after failures, from the document of the daemon."""

from hmsvcd.model.undone import Undone
from hmsvcd.pipeline.documents import Document
from hmsvcd.pipeline.from_documents.fields import number, table


def undone_of(found: Document) -> Undone:
    """Return which generation has failed, which one has come back, and how units have failed."""
    failures = {
        unit: why for unit, why in table(found, "failures").items() if isinstance(why, str)
    }
    return Undone(number(found, "of") or 0, number(found, "to") or 0, failures)
