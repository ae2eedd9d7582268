"""Turn an evaluated ``configData`` entry into the file that lands."""

import re
from posixpath import basename, dirname, join, normpath

from hmsvcd.model.definition import Computed
from hmsvcd.model.service import ConfigFile
from hmsvcd.model.store import NAME_MAX
from hmsvcd.pipeline.check.computed import file_target, generated_text
from hmsvcd.pipeline.merge.merging import Element, FailedError
from hmsvcd.pipeline.merge.table import TableNode

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def build_file(node: TableNode) -> ConfigFile:
    """Return the file of an enabled entry; raises FailedError after reporting what is wrong."""
    evaluation = node.evaluation
    name = node.leaf("name").value()
    if problem := _name_problem(name):
        place = node.leaf("name").place or node.place
        hint = "write a relative path, such as `app.toml` or `conf.d/app.toml`"
        raise evaluation.fail(f"{problem} in the name of a file", place, hint)
    form = node.leaf("format")
    if form.is_defined and not node.leaf("value").is_defined:
        raise evaluation.fail("`format` needs a `value`", form.place, "add value = { … }")
    source = node.leaf("source")
    elements = source.merged().elements
    if not elements and node.is_flawed:
        raise FailedError  # what was found in it may have been meant to be the content
    if not elements:
        hint = "set text, source, or format and value"
        raise evaluation.fail("a file without content", node.place, hint)
    target, (origin,) = file_target(node), elements
    if isinstance(origin.value, Computed):
        text = generated_text(node, origin.value.name.removeprefix("stored "))
        return ConfigFile(node.key, target, name, text=text, place=node.place)
    path = _source_path(node, source.value(), origin)
    if made := evaluation.generated.get(path):
        return ConfigFile(node.key, target, made.label, text=made.text, place=origin.place)
    return ConfigFile(node.key, target, basename(path), source=path, place=origin.place)


def _name_problem(name: str) -> str | None:
    parts = name.split("/")
    if _CONTROL.search(name):
        return "a control character"
    if name.startswith("/"):
        return "an absolute path"
    if name.endswith("/"):
        return "a trailing `/`"
    if any(len(part.encode()) > NAME_MAX for part in parts):
        return f"a component of more than {NAME_MAX} bytes"
    bad = next((part for part in parts if part in {"", ".", ".."}), None)
    if bad is None:
        return None
    return f"`{bad}` as a component" if bad else "an empty component"


def _source_path(node: TableNode, written: str, origin: Element) -> str:
    """Return the absolute path of a source; a relative one starts at the declaring file."""
    if not written or "\0" in written:
        raise node.evaluation.fail("a source is the path of a file or folder", origin.place)
    if written.startswith("~"):
        hint = "write @{home.homeDirectory} for your home"
        raise node.evaluation.fail("`~` is not expanded", origin.place, hint)
    folder = dirname(origin.place.file) if origin.place else ""
    path = normpath(join(node.evaluation.context.working_directory, folder, written))
    return f"/{path.lstrip('/')}"
