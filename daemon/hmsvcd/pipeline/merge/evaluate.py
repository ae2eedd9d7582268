"""Evaluate a declaration lazily, as Nix does.

What a node needs is computed once, on demand: so a reference reads merged values, an ``mkIf`` may
ask about other options, and only a value that truly needs itself is a ring.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from hmsvcd.model.context import Context
from hmsvcd.model.definition import Computed, Condition, Deferred
from hmsvcd.model.diagnostic import Diagnostic, Note, Place, dotted, error
from hmsvcd.model.document import Document
from hmsvcd.model.module import Lookups, Module
from hmsvcd.model.option import Datum, Record, Table
from hmsvcd.model.schema import ROOT
from hmsvcd.model.service import Generated
from hmsvcd.pipeline.merge.asked import NOTHING, Asked
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.node import Node
from hmsvcd.pipeline.merge.properties import plain_key, unwrap
from hmsvcd.pipeline.merge.references import Reference, ReferenceSyntaxError, has_reference, split
from hmsvcd.pipeline.merge.service import ServiceNode
from hmsvcd.pipeline.merge.table import TableNode
from hmsvcd.pipeline.merge.walk import Walk
from hmsvcd.pipeline.suggest import suggestion

Result = TypeVar("Result")
Rule = Callable[["Node"], Any]

_NEW: Final = object()
_UNDER_WAY: Final = object()

MAX_STEPS = 100
"""How many values may wait for one another: Python's stack is finite."""


class Evaluation:
    """One evaluation of a declaration: its root node, and everything found wrong on the way.

    Where it is not ``complete``, because a file is missing, what could be due to that (references
    that lead nowhere, conflicts) is not reported.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        context: Context,
        rules: Mapping[str, Rule],
        *,
        lookups: Lookups = NOTHING,
        complete: bool = True,
    ) -> None:
        self.context = context
        self.rules = rules
        self.lookups = Asked(lookups)
        self.generated: dict[str, Generated] = {}
        self.too_slow: set[Module] = set()
        self._complete = complete
        self._diagnostics: dict[Diagnostic, None] = {}
        self._under_way: list[tuple[Node, object]] = []
        self._asking: list[tuple[int, Place | None]] = []
        self.was_too_deep = False
        """Whether values waited for more others than can be followed, which is told once."""
        self.looked_up: list[str] = []
        """The services that have been named by ``home.services``, from within any of them."""
        self.root = TableNode(self, None, "", ROOT)
        self.root.define(
            [
                found
                for document in documents
                for found in unwrap(document.tree, Place(document.file), None, self.report)
            ]
        )

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What has been found wrong so far, in the order found."""
        return tuple(self._diagnostics)

    def take_diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what has been found wrong since this was last asked, in the order found."""
        found = tuple(self._diagnostics)
        self._diagnostics.clear()
        return found

    def report(self, diagnostic: Diagnostic, *, by_user: bool = False) -> None:
        """Note something that is wrong; the same thing twice is noted once.

        What a module says is its own mistake, unless the user has set something wrong.
        """
        place = diagnostic.place
        if place is not None:
            diagnostic = replace(diagnostic, key=dotted(plain_key(place.key)))
            if place.imported and diagnostic.is_error and not by_user:
                diagnostic = replace(diagnostic, refuses=str(place.key[1]))
        self._diagnostics.setdefault(diagnostic)

    def table(self, parent: TableNode, key: str, kind: Table) -> TableNode:
        """Return a new node for a table."""
        if isinstance(kind, Record) and kind.kind == "service":
            return ServiceNode(self, parent, key, kind)
        return TableNode(self, parent, key, kind)

    def report_conflict(self, diagnostic: Diagnostic) -> None:
        """Note a conflict, unless a file is missing that could settle it."""
        if self._complete:
            self.report(diagnostic)

    def fail(
        self,
        message: str,
        place: Place | None,
        hint: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> FailedError:
        """Report an error and return the exception to raise."""
        self.report(error(message, place, hint=hint, notes=notes))
        return FailedError()

    def once(self, node: Node, what: object, compute: Callable[[], Result]) -> Result:
        """Return what ``compute`` gives, computed once; asked again meanwhile, it is a ring."""
        known = node.known.get(what, _NEW)
        if known is _NEW:
            known = self._compute(node, what, compute)
        elif known is _UNDER_WAY:
            raise self._ring((node, what))
        if known is FailedError:
            raise FailedError
        return cast("Result", known)

    def _compute(self, node: Node, what: object, compute: Callable[[], Result]) -> Result:
        if len(self._under_way) > MAX_STEPS:
            raise self._too_deep()
        node.known[what] = _UNDER_WAY
        self._under_way.append((node, what))
        known: object = FailedError
        try:
            known = compute()
        except RecursionError:
            raise self._too_deep() from None
        finally:
            self._under_way.pop()
            node.known[what] = known
        return known

    def _ring(self, step: tuple[Node, object]) -> FailedError:
        first = self._under_way.index(step)
        steps = self._under_way[first:]
        names = list(dict.fromkeys(_label(each) for each in steps if not _is_call(each)))
        shown = " → ".join([*names, names[0]])
        places = [place for depth, place in self._asking if depth > first and place]
        notes = tuple(Note("through here", place) for place in places[:-1])
        place = places[-1] if places else _import_place(step[0])
        is_datum = isinstance(step[0], LeafNode) and isinstance(step[0].type, Datum)
        hint = "a `value` is one datum: no part of it can name another" if is_datum else None
        return self.fail(f"circular reference: {shown}", place, hint, notes)

    def _too_deep(self) -> FailedError:
        if self.was_too_deep:
            return FailedError()
        self.was_too_deep = True
        place = next((place for _, place in reversed(self._asking) if place), None)
        hint = "let some of them name the value itself"
        return self.fail("too many references that lead to one another", place, hint)

    def holds(self, condition: Condition) -> bool:
        """Evaluate a condition; raises FailedError where it is no boolean."""
        around: TableNode = condition.scope or self.root
        return self.once(around, condition, lambda: self._holds(condition))

    def _holds(self, condition: Condition) -> bool:
        if isinstance(condition.value, Computed):
            return bool(self.rules[condition.value.name](condition.scope))
        if isinstance(condition.value, Deferred):
            value = condition.value.compute()
        else:
            value = self.resolve(condition.value, condition.place, condition.scope)
        if not isinstance(value, bool):
            raise self.fail("the condition of mkIf must be a boolean", condition.place)
        return value

    def resolve(self, value: Any, place: Place | None, scope: TableNode | None) -> Any:
        """Replace the references in a string; any other value is returned as it is."""
        if not isinstance(value, str) or not has_reference(value):
            return value
        if not self._complete:
            raise FailedError
        try:
            parts = split(value)
        except ReferenceSyntaxError as broken:
            hint = "write `@@{` for a literal `@{`"
            raise self.fail(str(broken), place, hint) from None
        self._asking.append((len(self._under_way), place))
        try:
            values = [
                self._look_up(part, place, scope) if isinstance(part, Reference) else part
                for part in parts
            ]
        finally:
            self._asking.pop()
        return values[0] if len(values) == 1 else "".join(map(_as_text, values))

    def _unknown(self, first: str, reference: Reference, place: Place | None) -> FailedError:
        """Report what may be no reference at all, but some text that looks like one."""
        message = "there is no `config` outside of a service"
        quoting = f"{reference.text}: {message}"
        if first != "config":
            message = "a reference begins with an unknown name"
            quoting = f"{reference.text}: `{first}` is unknown"
        self.report(error(message, place, hint=_BEGINNINGS, quoting=quoting))
        return FailedError()

    def _look_up(self, reference: Reference, place: Place | None, scope: TableNode | None) -> Any:
        first, *rest = reference.keys
        if first == "config" and scope is not None:
            return Walk(self, reference, place).through(scope, rest)
        if first == "home" and rest[:1] == ["services"]:
            services = self.root.table("services")
            self.looked_up += rest[1:2] or [""]
            return Walk(self, reference, place).through(services, rest[1:])
        table = _outside(self.context).get(first)
        if table is None:
            raise self._unknown(first, reference, place)
        name = ".".join(rest)
        if not rest:
            raise self.fail(f"{reference.text}: names a table, not a value", place)
        if name not in table:
            known = suggestion(name, table) or (_WHOSE if first == "env" else _known(first, table))
            raise self.fail(f"{reference.text}: `{first}` has no `{name}`", place, known)
        value = table[name]
        if not _is_text(value):
            raise self.fail(f"{reference.text}: this is not valid UTF-8", place)
        return value


def _is_call(step: tuple[Node, object]) -> bool:
    """Say whether a step is the call of a module's function, for which some value stands, too."""
    return isinstance(step[1], Deferred)


def _import_place(node: Node) -> Place | None:
    """Return where the first module is imported without which there would be no ring here."""
    found = node.scope.found.found if node.scope else ()
    return next((each.place for each in found if each.place), None)


def _label(step: tuple[Node, object]) -> str:
    node, what = step
    if isinstance(what, Condition) and what.place:
        return dotted(plain_key(what.place.key)) or node.label
    return node.label


_BEGINNINGS = "a reference begins with config, home, xdg or env; `@@{` is a literal `@{`"
_WHOSE = "`env` is the environment of the user manager: see `systemctl --user show-environment`"


def _outside(context: Context) -> Mapping[str, Mapping[str, str]]:
    """Return what references can name besides services."""
    return {
        "xdg": {
            "configHome": context.config_home,
            "dataHome": context.data_home,
            "stateHome": context.state_home,
            "cacheHome": context.cache_home,
            "runtimeDir": context.runtime_dir,
        },
        "home": {"homeDirectory": context.home_directory, "username": context.username},
        "env": context.environment,
    }


def _known(first: str, table: Mapping[str, str]) -> str:
    names = [*table, *(["services"] if first == "home" else [])]
    return f"known here: {', '.join(names)}"


def _is_text(value: str) -> bool:
    """Say whether a string is Unicode; undecodable bytes of an environment become surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
