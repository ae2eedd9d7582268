"""Whether a module can be explained: Python does not check what its options are made of."""

from hmsvcd.model.diagnostic import Diagnostic, Place, error
from hmsvcd.model.module import Module
from hmsvcd.pipeline.manual.draft import draft
from hmsvcd.pipeline.manual.entries import module_manual
from hmsvcd.pipeline.manual.json_schema import json_schema
from hmsvcd.pipeline.manual.markdown import markdown
from hmsvcd.pipeline.manual.values import manual_values


def flaw_of(module: Module, file: str) -> Diagnostic | None:
    """Return what is wrong where something in a module of a file is not of the type it has to be.

    All ways to explain it are tried.
    """
    try:
        entries = module_manual(module)
        markdown(entries)
        manual_values(entries)
        json_schema([module])
        draft("service", "module", [module])
        for text in (module.description, *(entry.description for entry in entries)):
            text.splitlines()
    except Exception as problem:  # noqa: BLE001 - whatever comes of what it has instead
        message = f"the module `{module.name}` cannot be explained"
        quoting = f"{message}: {type(problem).__name__}: {problem}"
        hint = "look at the types and texts of its options (docs/modules.md)"
        return error(message, Place(file) if file else None, hint=hint, quoting=quoting)
    return None
