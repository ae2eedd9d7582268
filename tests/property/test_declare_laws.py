"""Whatever unit is imported, its declaration renders to that very unit."""

import string
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from declarations import CONTEXT
from hmsvcd.model.decision import Difference
from hmsvcd.model.document import Document
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.model.unit import Sections, UnitFile
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.decide.diff import difference
from hmsvcd.pipeline.declare.declare import declare
from hmsvcd.pipeline.render import render
from hmsvcd.pipeline.syntax.effective import assigned_in, effective
from hmsvcd.pipeline.syntax.unit_file import parse, write

WORDS = st.sampled_from(
    ["/bin/a", "-x", '"/bin/a"', '"two words"', "'quoted'", "%h", "%%", "$$", "${X}", ";", "@{x}",
     "\\", "é", "true", "7", "a=b", '"A=1"', "", "{", "mkForce"]
) | st.text(st.characters(exclude_characters="\n\r\0", codec="utf-8"), max_size=6)  # fmt: skip
VALUES = st.lists(WORDS, max_size=4).map(lambda words: " ".join(words).strip(" \t"))
KEYS = {
    "Unit": ["Description", "After", "Wants", "Documentation", "ConditionHost", "X-Flag"],
    "Service": ["Type", "ExecStart", "ExecStart", "ExecStartPre", "Environment", "Restart",
                "RestartSec", "Nice", "Delegate", "mkForce"],
    "X-Tool": ["Key"],
}  # fmt: skip
LINES = st.sampled_from(sorted(KEYS)).flatmap(
    lambda section: st.tuples(st.just(section), st.sampled_from(KEYS[section]), VALUES)
)
COMMAND = st.builds(lambda value: ("Service", "ExecStart", f"/bin/a {value}".rstrip()), VALUES)
TEXTS = st.lists(LINES, max_size=6).map(
    lambda lines: "".join(f"[{section}]\n{key}={value}\n" for section, key, value in lines)
)
SERVICES = st.builds(
    lambda command, more: f"[Service]\nExecStart={command[2]}\n{more}", COMMAND, TEXTS
)
PULLING = st.lists(st.sampled_from(["default.target", "x.target"]), max_size=2, unique=True)


@given(SERVICES, st.lists(TEXTS, max_size=2), PULLING.map(tuple))
def test_what_is_imported_is_the_same_unit(
    text: str, drop_ins: list[str], wanted_by: tuple[str, ...]
) -> None:
    """The declaration passes check, and what it renders to differs in nothing but [Install]."""
    texts = {str(number): each for number, each in enumerate([text, *drop_ins])}
    declared = declare(ExistingUnit("a.service", texts, wanted_by), CONTEXT)
    if declared.toml is None:
        assert any(each.is_error for each in declared.diagnostics)
        return
    declaration, found = check([Document("a.toml", tomllib.loads(declared.toml))], CONTEXT)
    assert not any(each.is_error for each in found)
    rendering = render(declaration, {}, CONTEXT)
    assert rendering.units.keys() == {"a.service"}
    rendered = parse("a.service", rendering.units["a.service"].text)
    existing = effective("a.service", assigned_in(texts.values()))
    assert difference(existing, rendered) in {Difference.SAME, Difference.EQ}
    assert without_install(rendered) == without_install(existing)
    assert set(rendering.links) == {f"{unit}.wants" for unit in wanted_by}


@given(SERVICES, st.lists(TEXTS, max_size=2))
def test_to_merge_drop_ins_once_is_enough(text: str, drop_ins: list[str]) -> None:
    """What a file and its drop-ins say together says the same when it is read by itself."""
    merged = effective("a.service", assigned_in([text, *drop_ins]))
    assert effective("a.service", assigned_in([write(merged.sections)])) == merged


@given(st.text(string.ascii_letters + "[]=\\#; \n", max_size=40))
def test_any_text_can_be_imported(text: str) -> None:
    """A file of any origin is declared or refused with a reason."""
    declared = declare(ExistingUnit("a.service", {"a": text}), CONTEXT)
    assert (declared.toml is None) == any(each.is_error for each in declared.diagnostics)


def without_install(unit: UnitFile) -> Sections:
    """Return what a unit says in all sections but that one."""
    return {name: keys for name, keys in unit.sections.items() if name != "Install"}
