"""The table of docs/switching.md: each rule with the tests that show it on a real manager.

    .venv/bin/python tests/rules_table.py

writes it anew. A test shows a rule by its marker, ``@pytest.mark.rule(14)``.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from hmsvcd.pipeline.decide.rules import table_markdown

TESTS = Path(__file__).parent / "systemd"
DOCUMENTATION = Path(__file__, "../../docs/switching.md").resolve()
BEGIN, END = "<!-- rules: begin -->\n", "<!-- rules: end -->\n"


def marked_tests() -> Mapping[int, tuple[str, ...]]:
    """Return the names of the tests that are marked for each rule."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for file in sorted(TESTS.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for number in _rules_of(node):
                    found[number].append(node.name)
    return {number: tuple(names) for number, names in found.items()}


def _rules_of(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[int]:
    for decorator in test.decorator_list:
        is_rule = isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(".rule")
        for argument in decorator.args if is_rule else ():  # type: ignore[attr-defined] # a call
            yield ast.literal_eval(argument)


def table() -> str:
    """Return the table as the documentation has to show it."""
    return table_markdown(marked_tests())


def shown() -> str:
    """Return the table that the documentation shows."""
    text = DOCUMENTATION.read_text(encoding="utf-8")
    return text.partition(BEGIN)[2].partition(END)[0]


if __name__ == "__main__":
    before, _, rest = DOCUMENTATION.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENTATION.write_text(f"{before}{BEGIN}{table()}{END}{after}", encoding="utf-8")
