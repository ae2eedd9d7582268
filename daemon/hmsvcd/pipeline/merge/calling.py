"""Calls the functions of service modules: what they raise becomes a diagnostic."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from hmsvcd.model.definition import Deferred
from hmsvcd.model.diagnostic import Diagnostic, Key, Note, Place, Position, Severity, dotted, error
from hmsvcd.model.raised import raised_at, said
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.modules import Imported
from hmsvcd.pipeline.merge.node import Node
from hmsvcd.pipeline.merge.taken_in import Compute, taken_in
from hmsvcd.pipeline.merge.view import NoSuchOptionError

MAX_CALLS = 100
"""How many functions may return one another: one that returns itself would go on for ever."""


def deferred(node: Node, imported: Imported, compute: Compute) -> Deferred:
    """Return what computes a value of a service once, when it is asked for."""
    made: Deferred

    def once() -> Any:
        return node.evaluation.once(node, made, lambda: computed(node, imported, compute))

    made = Deferred(once)
    return made


def computed(node: Node, imported: Imported, compute: Compute) -> Any:
    """Return what a function of a module gives; raises FailedError after reporting."""
    if imported.module in node.evaluation.too_slow:  # one service has waited for it
        slow = error(f"the module `{imported.module.name}` takes too long", imported.place)
        node.evaluation.report(replace(slow, refuses=str(node.path[1])))
        raise FailedError
    try:
        with node.evaluation.lookups.guarded():
            value = compute()
            for _ in range(MAX_CALLS):
                if not callable(value) or isinstance(value, Deferred):
                    break
                value = value()
            else:
                raise TypeError("a function returns functions without end")  # noqa: TRY301 - as what the module itself raises
        return taken_in(value, partial(deferred, node, imported))
    except FailedError:
        raise
    except BaseException as problem:
        position = raised_at(problem, {imported.file, imported.module.file})
        if isinstance(problem, RecursionError) and position is None:
            raise  # the way here was too long, which is not the module's doing
        if isinstance(problem, TimeoutError):
            node.evaluation.too_slow.add(imported.module)
        node.evaluation.report(_raised(problem, imported, position, node.path))
        raise FailedError from None


def _raised(
    problem: BaseException, imported: Imported, position: Position | None, key: Key
) -> Diagnostic:
    whose, kind = f"the module `{imported.module.name}`", type(problem).__name__
    is_plain = isinstance(problem, NoSuchOptionError)
    notes = (Note("imported here", imported.place),) if imported.place else ()
    return Diagnostic(
        Severity.ERROR,
        f"{whose} fails with {kind}",
        dotted(key),
        hint=f"until then `{key[1]}` stays as it is, and all else is applied",
        place=Place(imported.file, key),
        position=position or Position(_first_line(imported.module.define), 1),
        notes=notes,
        quoting=f"{whose} fails: {'' if is_plain else f'{kind}: '}{said(problem)}",
        refuses=str(key[1]),
    )


def _first_line(define: Callable[..., Any] | None) -> int:
    code = getattr(define, "__code__", None)
    return code.co_firstlineno if code else 1
