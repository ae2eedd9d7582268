"""What is read again after an edit comes to the same as what is read from scratch."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from declarations import CONTEXT
from hmsvcd.app.load import Memory, load
from hmsvcd.model.document import SourceText
from hmsvcd.pipeline.check.whole import Checker, check, check_parts
from hmsvcd.pipeline.read.parse import parse
from hmsvcd.pipeline.read.places import Locator, locate
from hmsvcd.pipeline.read.sections import Parser
from hmsvcd.pipeline.render import Renderer, generation, render

TOML_LINES = [
    "",
    "# comment",
    '# """',
    "[services]",
    "[services.a]",
    "[services.b]",
    "[services.a.x]",
    "[services.b.x]",
    "[services.a.x.y]",
    "  [services.b]",
    " [services.c]",
    "[ services . a ] # again",
    '["services"."b"]',
    "['services'.c]",
    '["serv\\u0069ces".a]',
    '["services.a"]',
    "[[services]]",
    "[[services.a]]",
    "[[services.a.x]]",
    "[[other]]",
    "[daemon]",
    "[systemd.user.timers.t]",
    "[systemd.user.timers.u]",
    "[text]",
    "[text.a",
    "services.a.k = 1",
    "services.c = {}",
    "services.c.d = {}",
    "a.x.k = 1",
    "x.y.k = 1",
    "x = 1",
    "y = [1, 2]",
    "z = { k = 1 }",
    'm = """',
    '"""',
    'n = """one line"""',
    "o = '''",
    "'''",
    'p = """\\',
    "q = [",
    "]",
    '["a"],',
    "[1],",
    "1,",
    'r = "[services.a]"',
    "s = 1979-05-27",
    "t = 1 # '''",
    "broken",
]
ENDS = st.sampled_from(["\n"] * 12 + ["\r\n", "\r", ""])
LINES = st.tuples(st.sampled_from(TOML_LINES), ENDS).map("".join)


@st.composite
def numbered(draw):
    """Draw a line of a document whose keys are given once."""
    number = draw(st.integers(0, 10_000))
    value = draw(
        st.sampled_from(["1", "true", '"""\n[services.a]\n"""', "'''\n[text]\n'''", "[\n]"])
    )
    return f"key-{number} = {value}\n"


def header_lines():
    """Draw the headers of tables that a declaration may have."""
    names = st.sampled_from(["services.a", "services.b", "services.a.x", "services.b.y", "daemon"])
    return st.one_of(names, st.integers(0, 99).map("systemd.user.timers.t{}".format)).map(
        lambda name: f"[{name}]\n"
    )


EDITS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2), st.lists(LINES, max_size=2)))


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES | numbered() | header_lines(), max_size=16), EDITS)
def test_a_file_that_is_parsed_again_has_the_same_tree_and_the_same_errors(lines, edits):
    """Whatever is added, removed or replaced, in a text that may be anything."""
    parser = Parser()
    for place, removed, added in [(0, 0, []), *edits]:
        lines[place : place + removed] = added
        source = SourceText("config.toml", "".join(lines))
        [parsed] = parser.parse([source])
        assert repr(parsed) == repr(parse(source))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(header_lines(), st.lists(numbered(), max_size=3)), max_size=9))
def test_a_file_of_tables_is_parsed_as_a_whole_would_be(tables):
    """Tables in any order, one after another or not, with headers in their strings."""
    parser = Parser()
    for count in range(len(tables) + 1):
        text = "".join("".join([header, *keys]) for header, keys in tables[:count])
        source = SourceText("config.toml", text)
        assert repr(parser.parse([source])) == repr([parse(source)])


BODIES = [
    'process.argv = ["/bin/x"]',
    'process.argv = ["/bin/x", "@{config.configData.f.path}"]\nconfigData.f.text = "1"',
    'process.argv = ["/bin/x", "@{home.services.a.process.argv.0}"]',
    'process.argv = ["@{home.services.b.process.argv.0}"]',
    'process.argv = ["@{home.services.c.systemd.mainExecStart}"]',
    'process.argv = ["@{home.services.nobody.process.argv.0}"]',
    'process.argv = ["/bin/x", "@{env.LANG}"]',
    'process.argv = ["x/y"]',
    "process.argv = 1",
    "process.argv = true",
    "mkForce = 1\nmkIf = 2",
    "unknown = 1",
    'process.argv = ["/x"]\nservices.b.process.argv = ["/y"]',
    'process.argv = ["/x"]\nsystemd.services.b.serviceConfig.ExecStart = "/y"',
    'process.argv = ["/x"]\nconfigData.f.source = "./source"',
    'process.argv = ["/x"]\nconfigData.f.source = "./missing"',
    'process.argv = ["/x"]\nconfigData."f/g" = { text = "1" }\nconfigData.f.text = "2"',
    'process.argv = ["/x"]\nsystemd.service.serviceConfig.PrivateTmp = true',
    'process.argv = ["/x"]\nsystemd.socket.listenStreams = ["1"]',
    'process.argv = ["/x"]\nsystemd.service.after = ["@{home.services.a.configData.f.path}"]',
    'mkIf = { condition = "@{home.services.a.configData.f.enable}", content = { unknown = 1 } }',
    'process.argv = { mkIf = { condition = "@{env.NO}", content = ["/x"] } }',
    'warnings = ["one"]\nprocess.argv = ["/x"]',
    "configData.f = { format = 'json', value = { x = 1, y = true } }\nprocess.argv = ['/x']",
    "configData.f = { format = 'json', value = { y = 1, x = 1.0 } }\nprocess.argv = ['/x']",
    "systemd.service.description = 1\nprocess.argv = ['/x']",
    "configData.f = { enable = false, text = '1' }\nprocess.argv = ['/x']",
    'process.argv = ["/x", "@{home.services.b.systemd.service.description}"]',
    'systemd.service.description = "@{home.services.b.systemd.service.description}"',
]
OTHERS = [
    "",
    'daemon = { settle = "0s" }',
    'daemon = { settle = "@{home.services.a.process.argv.0}" }',
    """
services.mkIf.condition = "@{home.services.a.configData.f.enable}"
services.mkIf.content.d.process.argv = ["/d"]
""",
    'services = { mkForce = { e = { process.argv = ["/e"] } } }',
    'mkIf = { condition = true, content = { services.d.process.argv = ["/d"] } }',
    '[systemd.user.timers.t]\nTimer.OnCalendar = "daily"',
    '[systemd.user.timers.t]\nTimer.Unit = "@{home.services.a.process.argv.0}"',
    '[systemd.user.services."a.service"]\nService.ExecStart = "/x"',
    '[systemd.user.services.a]\nService.ExecStart = "/x"',
    "systemd = 3",
    "services = {}",
    "broken",
]
NAMES = ["a", "b", "c", "a-b"]
FILES = ["config.toml", "conf.d/1.toml", "conf.d/2.toml"]


@st.composite
def states(draw):
    """Draw the texts of files, time after time: what they say of services, and besides."""
    bodies = st.sampled_from(
        [None, *draw(st.lists(st.sampled_from(BODIES), min_size=1, max_size=3))]
    )
    others = st.sampled_from(["", *draw(st.lists(st.sampled_from(OTHERS), max_size=2))])
    files = st.sampled_from(FILES[: draw(st.integers(1, 3))])
    said: dict[str, dict[str, str | None]] = {file: {} for file in FILES}
    found = []
    for _ in range(draw(st.integers(2, 8))):
        for _ in range(draw(st.integers(1, 2))):
            name = draw(st.sampled_from(["", *NAMES]))
            file = said[draw(files)]
            file.pop(name, None)
            file[name] = draw(bodies if name else others)
        found.append({file: text_of(bodies) for file, bodies in said.items()})
    return found


def text_of(bodies: dict[str, str | None]) -> str:
    """Return the text of a file; what it says besides stands before all services."""
    services = [f"[services.{name}]\n{text}\n" for name, text in bodies.items() if name and text]
    return "".join([f"{bodies.get('') or ''}\n", *services])


@settings(max_examples=200, deadline=None)
@given(states(), st.lists(st.sampled_from(["C", "de"]), min_size=1, max_size=8))
def test_a_declaration_that_is_checked_again_is_and_lacks_the_same(texts_in_time, languages):
    """Declaration, diagnostics with places and rendering, after every edit, right or wrong."""
    parser, checker, renderer, locator = Parser(), Checker(), Renderer(), Locator()
    for number, texts in enumerate(texts_in_time):
        language = languages[number % len(languages)]
        context = replace(CONTEXT, environment={"LANG": language})
        sources = [SourceText(file, text) for file, text in texts.items() if text.strip()]
        parsed = parser.parse(sources)
        documents = [each for each in parsed if not isinstance(each, tuple)]
        fresh = [each for each in map(parse, sources) if not isinstance(each, tuple)]
        if len(documents) < len(sources):
            assert {*checker.check_parts(documents, context)} == {*check_parts(fresh, context)}
            continue
        found, expected = checker.check(documents, context), check(fresh, context)
        assert repr(found) == repr(expected)
        by_file = {source.file: source.text for source in sources}
        located = locator.locate(found[1], by_file, parser.excerpt)
        assert located == locate(expected[1], by_file)
        if not any(each.text is None for service in found[0].services for each in service.files):
            rendered = renderer.render(found[0], {}, context)
            assert repr(rendered) == repr(render(expected[0], {}, context))
            assert generation(rendered).digest == generation(rendered).digest


@settings(max_examples=60, deadline=None)
@given(states())
def test_a_declaration_that_is_loaded_again_is_loaded_as_from_scratch(texts_in_time):
    """All that there is to know of it, with files that appear, change and vanish."""
    memory = Memory()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "conf.d").mkdir()
        for number, texts in enumerate(texts_in_time):
            (folder / "source").write_text(str(number // 2))
            for file, text in texts.items():
                (folder / file).unlink(missing_ok=True)
                if text.strip() or file == "config.toml":
                    (folder / file).write_text(text)
            again = asyncio.run(load(folder, CONTEXT, with_systemd=False, memory=memory))
            assert repr(again) == repr(asyncio.run(load(folder, CONTEXT, with_systemd=False)))
