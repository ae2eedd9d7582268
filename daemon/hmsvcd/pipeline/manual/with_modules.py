"""The options of a service, with those of every module that it might import."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hmsvcd.model.module import Module, Options
from hmsvcd.model.option import Option, Record
from hmsvcd.model.schema_services import SERVICE
from hmsvcd.pipeline.merge.modules import Imported, extended


def service_with(modules: Sequence[Module]) -> Record:
    """Return the options of a service and of modules, whose descriptions say which is whose.

    Of an option that two modules declare, the first one's is taken: no service imports both.
    """
    imported = [Imported(_described(module), None, module.file) for module in modules]
    return extended(SERVICE, imported, lambda _clash: None)


def _described(module: Module) -> Module:
    return replace(module, options=_noted(module.options, f'For `imports = ["{module.name}"]`.'))


def _noted(options: Options, note: str) -> dict[str, Any]:
    return {
        name: replace(option, description=f"{option.description}\n\n{note}")
        if isinstance(option, Option)
        else _noted(option, note)
        for name, option in options.items()
    }
