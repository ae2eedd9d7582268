"""The modules that the services of a declaration import, and those that modules import there."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from hmsvcd.model.context import Context
from hmsvcd.model.document import Document
from hmsvcd.model.module import Lookups, Module
from hmsvcd.pipeline.check.computed import RULES
from hmsvcd.pipeline.merge.evaluate import Evaluation
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.service import ServiceNode
from hmsvcd.pipeline.merge.table import TableNode


def imported(
    documents: Sequence[Document], context: Context, lookups: Lookups
) -> tuple[Module, ...]:
    """Return the modules of all services and sub-services, each once, after those it imports.

    What is wrong is passed over: that is for ``check`` to say.
    """
    root = Evaluation(documents, context, RULES, lookups=lookups).root
    return tuple(dict.fromkeys(_below(root.table("services"))))


def _below(services: TableNode) -> Iterator[Module]:
    for name in _names(services):
        service = services.child(name)
        if isinstance(service, ServiceNode):
            yield from (each.module for each in service.found.found)
            yield from _below(service.table("services"))


def _names(services: TableNode) -> Sequence[str]:
    with suppress(FailedError):
        return services.written_names()
    return ()
