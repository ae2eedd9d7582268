"""A service: what is written for it, and what the modules say that it imports."""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hmsvcd.model.definition import Deferred, Definition
from hmsvcd.model.diagnostic import Diagnostic, Place, error
from hmsvcd.model.module import Config, Module, Tree
from hmsvcd.model.option import Record, Table
from hmsvcd.pipeline.merge.calling import computed, deferred
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.modules import Finding, Imported, extended
from hmsvcd.pipeline.merge.node import Evaluator
from hmsvcd.pipeline.merge.properties import pushed_down, unwrap
from hmsvcd.pipeline.merge.table import TableNode
from hmsvcd.pipeline.merge.view import ConfigView

MAX_NESTED = 20
"""How deep sub-services are: a module may bring one that imports the module itself."""


class ServiceNode(TableNode):
    """A service; its modules' definitions come before those of the files.

    The function of a module may read whatever it does not define itself: while it runs, what it
    asks for is taken to have no definition of its own, and whether that was true is seen when it
    has returned.
    """

    __slots__ = ("_declared", "_defined", "_finding", "_has_failed", "_running", "_type")

    def __init__(
        self, evaluation: Evaluator, parent: TableNode | None, key: str, kind: Record
    ) -> None:
        self._declared = kind
        self._type: Record | None = None
        self._finding: Finding | None = None
        self._has_failed = False
        self._defined: dict[Module, list[Definition]] = {}
        self._running: dict[Module, set[str]] = {}
        super().__init__(evaluation, parent, key, kind)
        self.scope = self

    @property
    def type(self) -> Table:
        """The options of this service, with those of its modules."""
        if self._type is None:
            imported = self.found.found
            self._type = extended(self._declared, imported, self.evaluation.report)
        return self._type

    @type.setter  # noqa: A003 - the property above
    def type(self, kind: Table) -> None:
        pass  # it follows from the imports

    @property
    def is_in_doubt(self) -> bool:
        """Whether a module has failed, so that nobody knows all that is defined here."""
        return self.found.has_failed or self._has_failed

    @property
    def is_running(self) -> bool:
        """Whether a module is about to say what it defines."""
        return bool(self._running)

    @property
    def found(self) -> Finding:
        """The modules that are imported."""
        if self._finding is None:
            try:
                self._finding = self.evaluation.once(self, "imports", self._find)
            except FailedError:
                return replace(self._nothing_found(), has_failed=True)
        return self._finding

    def _nothing_found(self) -> Finding:
        return Finding(self.evaluation.lookups, self.evaluation.report, self.path[1])

    def _find(self) -> Finding:
        finding = self._nothing_found()
        if len(self.path) > 2 * MAX_NESTED:
            finding.has_failed = True
            message = f"sub-services are nested more than {MAX_NESTED} deep"
            self.evaluation.report(error(message, self.place))
        elif any("imports" in layer.value for layer in self._written_layers()):
            # the imports decide what is defined besides, so they can only be what is written
            written = TableNode(self.evaluation, self.parent, self.key, self._declared)
            written.scope = self
            try:
                for named, place in written.leaf("imports").placed():
                    finding.add(named, place, place.file if place else "")
            except FailedError:
                finding.has_failed = True
        return finding

    def _written_layers(self) -> Sequence[Definition]:
        try:
            return super().layers()
        except FailedError:
            return ()

    def check(self) -> None:
        """Report what is no option, unless it may be one of a module that is missing."""
        if self.found.has_failed:
            self.is_flawed = True
        else:
            super().check()

    def _explained(self, problem: Diagnostic) -> Diagnostic:
        """Return what is wrong; of an option of a module that is not imported, with its name."""
        key = problem.place.key if problem.place else ()
        name = str(key[-1]) if len(key) > len(self.path) else ""
        found = None if "/" in name else self.evaluation.lookups.module(name, "")
        if not isinstance(found, Module) or name not in found.options:
            return problem
        hint = f'`{name}` is an option of a service module: imports = ["{name}"]'
        return replace(problem, hint=hint)

    def _judged(self) -> Sequence[Definition]:
        return [*self._module_layers(), *super()._judged()]

    def layers(self) -> Sequence[Definition]:
        """Return the tables that count here, those of modules first."""
        written = super().layers()
        if not self.found.found:
            return written
        tables = (layer for layer in self._module_layers() if isinstance(layer.value, dict))
        return [*tables, *written]

    def layers_with(self, name: str) -> Sequence[Definition]:
        """Return the tables that hold a name; a module that runs is noted to have read it."""
        if not self.found.found:
            return super().layers_with(name)
        for assumed in self._running.values():
            assumed.add(name)
        return [layer for layer in self.layers() if name in layer.value]

    def _module_layers(self) -> Iterator[Definition]:
        for each in self.found.found:
            if each.module not in self._defined and each.module not in self._running:
                self._defined[each.module] = self._run(each)
            yield from self._defined.get(each.module, ())

    def _run(self, imported: Imported) -> list[Definition]:
        module = imported.module
        assumed = self._running[module] = set()
        try:
            tree = computed(self, imported, lambda: _table(module, self._view(imported)))
        except FailedError:
            self.is_flawed = self._has_failed = True
            return []
        finally:
            del self._running[module]
        place = Place(imported.file, self.path, imported.place)
        found = unwrap(tree, place, self, self.evaluation.report)
        layers = list(map(pushed_down, found))
        self._demand_untouched(imported, assumed, layers)
        self._demand_no_imports(layers)
        return layers

    def _demand_no_imports(self, layers: Sequence[Definition]) -> None:
        for layer in layers:
            if isinstance(layer.value, dict) and "imports" in layer.value:
                self.is_flawed = True
                hint = "name them in `Module(imports=…)`: they are needed before that"
                message = "what a module defines cannot import"
                self.evaluation.report(error(message, layer.place_of("imports"), hint=hint))

    def _demand_untouched(
        self, imported: Imported, assumed: set[str], layers: Sequence[Definition]
    ) -> None:
        for name in sorted(assumed):
            if any(name in layer.value for layer in layers if isinstance(layer.value, dict)):
                self.is_flawed = True
                message = f"the module `{imported.module.name}` reads `{name}` and defines it, too"
                hint = "let what follows from it be a function in the tree: `lambda: …`"
                place = Place(imported.file, (*self.path, name), imported.place)
                self.evaluation.report(error(message, place, hint=hint))

    def default(self, compute: Callable[[Config], Any]) -> Deferred:
        """Return the default of an option that follows from the configuration."""
        code, found = getattr(compute, "__code__", None), self.found.found
        file = code and code.co_filename
        owner = next((each for each in found if file in {each.file, each.module.file}), found[0])
        return deferred(self, owner, partial(compute, self._view(owner)))

    def place_of_default(self, path: tuple[str, ...]) -> Place | None:
        """Return where a module says the default of an option; None for hmsvcd's own options."""
        name = path[len(self.path)]
        if name in self._declared.options:
            return None
        found = (each for each in self.found.found if name in each.module.options)
        owner = next(found, None)
        return Place(owner.file, path, owner.place) if owner else None

    def _view(self, imported: Imported) -> Config:
        return ConfigView(self, imported.place)


def _table(module: Module, config: Config) -> Tree:
    tree = module.define(config) if module.define else {}
    if tree is None:
        raise TypeError("`define` has to return what it defines, and returns nothing")
    return tree
