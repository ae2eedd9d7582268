"""What is checked again after an edit: what has changed, and what that could mean for others."""

import tomllib
from dataclasses import replace

from declarations import CONTEXT
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.document import Document
from hmsvcd.model.service import Declaration
from hmsvcd.pipeline.check.whole import Checker, check, check_parts
from modules_given import Given, module

A = '[services.a]\nprocess.argv = ["/bin/a"]\n'
B = '[services.b]\nprocess.argv = ["/bin/b"]\n'
TIMER = '[systemd.user.timers.t]\nTimer.OnCalendar = "daily"\nInstall.WantedBy = "timers.target"\n'
READER = '[services.a]\nprocess.argv = ["/x", "@{home.services.b.systemd.service.description}"]\n'
FLAWED = '[services.b]\nprocess.argv = ["/x"]\nsystemd.service.description = 1\n'


def documents(*texts: str) -> list[Document]:
    return [Document(f"{number}.toml", tomllib.loads(text)) for number, text in enumerate(texts)]


def checked(checker: Checker, *texts: str) -> tuple[Declaration, tuple[Diagnostic, ...]]:
    """Check a declaration again, and see that it is as if for the first time."""
    found = checker.check(documents(*texts), CONTEXT)
    assert repr(found) == repr(check(documents(*texts), CONTEXT))
    return found


def test_an_unchanged_service_is_the_same_object():
    """The services and units beside an edit are taken over."""
    checker = Checker()
    before, _ = checked(checker, A + B + TIMER)
    after, _ = checked(checker, A + B.replace("/bin/b", "/bin/c") + TIMER)
    assert after.services[0] is before.services[0]
    assert after.services[1] != before.services[1]
    assert after.native[0] is before.native[0]


def test_equal_values_of_different_types_are_a_change():
    """To Python 1 is true, to TOML and to a unit file it is not."""
    checker = Checker()
    checked(checker, f"{A}systemd.service.serviceConfig.X-A = 1\n")
    after, _ = checked(checker, f"{A}systemd.service.serviceConfig.X-A = true\n")
    assert after.services[0].units[0].sections["Service"]["X-A"] == ("true",)


def test_a_service_that_moves_to_another_file_stands_there():
    """What it says is the same, its places are not."""
    checker = Checker()
    checked(checker, A, "", B)
    after, _ = checked(checker, A, B)
    place = after.services[1].units[0].place
    assert place is not None
    assert place.file == "1.toml"


def test_a_service_that_looks_into_another_follows_it():
    """A reference reads what the other one says now."""
    checker = Checker()
    described = B + 'systemd.service.description = "one"\n'
    checked(checker, READER + described)
    after, _ = checked(checker, READER + described.replace("one", "two"))
    assert '"two"' in after.services[0].units[0].sections["Service"]["ExecStart"][0]


def test_services_that_look_into_one_another_are_kept_together():
    """An edit beside them does not touch them, not even to report a mistake of one in another."""
    checker = Checker()
    texts = READER + FLAWED
    before, _ = checked(checker, texts + '[services.c]\nprocess.argv = ["/c"]\n')
    after, found = checked(checker, texts + '[services.c]\nprocess.argv = ["/d"]\n')
    assert after.services[1] is before.services[1]
    assert [each.key for each in found] == ["services.b.systemd.service.description"]


def test_a_mistake_told_in_another_service_is_told_when_that_looks_elsewhere():
    """It was found first from where it was asked for."""
    checker = Checker()
    checked(checker, READER + FLAWED)
    _, found = checked(checker, A + FLAWED)
    assert [each.key for each in found] == ["services.b.systemd.service.description"]


def test_a_mistake_told_in_another_service_is_told_without_references():
    """Where a file does not parse, references are not followed."""
    checker = Checker()
    checked(checker, READER + FLAWED, A.replace("services.a", "services.c"))
    rest = documents(READER + FLAWED)
    found = checker.check_parts(rest, CONTEXT)
    assert {*found} == {*check_parts(rest, CONTEXT)}
    assert found


def test_what_was_right_need_not_be_judged_without_a_file():
    """Of parts, what was found wrong before is found again, and what is new is judged."""
    checker = Checker()
    checked(checker, A + FLAWED, "")
    for text in (A + FLAWED, A + B, A + B + "[services.c]\nunknown = 1\n"):
        rest = documents(text)
        assert checker.check_parts(rest, CONTEXT) == check_parts(rest, CONTEXT)


def test_a_ring_is_told_from_where_it_is_entered_first():
    """In the order of services, also where one is added that leads into it."""
    checker = Checker()
    ring = '[services.{}]\nprocess.argv = ["@{{home.services.{}.process.argv.0}}"]\n'
    one, two, three = ring.format("a", "b"), ring.format("b", "a"), ring.format("c", "a")
    for text in (one + two, two + one, two + one + three, three + one + two, one + two):
        checked(checker, text)


def test_a_condition_around_services_counts_for_them():
    """It may ask for a service that changes."""
    checker = Checker()
    around = """
[[services.mkMerge]]
mkIf.condition = "@{home.services.a.configData.f.enable}"
mkIf.content.d.process.argv = ["/d"]
[[services.mkMerge]]
a = { process.argv = ["/a"], configData.f = { text = "", enable = false } }
"""
    before, _ = checked(checker, around)
    after, _ = checked(checker, around.replace("false", "true"))
    again, _ = checked(checker, around)
    names = [[each.name for each in found.services] for found in (before, after, again)]
    assert names == [["a"], ["d", "a"], ["a"]]


def test_a_mistake_found_by_a_condition_around_services_is_told_without_it():
    """It was found first from outside of the service that it stands in."""
    checker = Checker()
    around = """
[services.mkIf]
condition = "@{home.services.b.systemd.service.description}"
content.d.process.argv = ["/d"]
"""
    for texts in ((FLAWED, around), (FLAWED, "")):
        _, found = checked(checker, *texts)
        assert "services.b.systemd.service.description" in [each.key for each in found]


def test_a_context_that_changes_counts_for_all():
    """A reference may name a part of it."""
    checker = Checker()
    text = '[services.a]\nprocess.argv = ["/x", "@{home.username}"]\n'
    checked(checker, text)
    other = replace(CONTEXT, username="other")
    found, _ = checker.check(documents(text), other)
    assert '"other"' in found.services[0].units[0].sections["Service"]["ExecStart"][0]


WITH_MODULE = '[services.m]\nimports = ["m"]\n'


def test_a_service_follows_its_modules():
    """It is evaluated again where an import or a program stands for something else, else not."""

    def define(config):
        return {"process": {"argv": [config.program("x")]}}

    one, other, again = (module(define) for _ in range(3))
    checker = Checker()

    def service(given):
        found, _ = checker.check(documents(A + WITH_MODULE), CONTEXT, given)
        return found.services[1]

    first = service(Given({"m": one}, {"x": "/bin/x"}))
    assert service(Given({"m": one}, {"x": "/bin/x"})) is first
    assert service(Given({"m": other}, {"x": "/bin/x"})) is not first
    second = service(Given({"m": again}, {"x": "/bin/y"}))
    assert second != first
    assert service(Given({"m": again}, {"x": "/bin/y"})) is second
    assert not service(Given({}, {})).units


def test_a_service_follows_the_modules_of_another_that_it_looks_into():
    """What the other one defines by its module has changed."""
    text = f"{WITH_MODULE}[services.r]\nprocess.argv = ['@{{home.services.m.process.argv.0}}']\n"
    checker = Checker()

    def saying(number):
        return module(lambda _config: {"process": {"argv": [f"/bin/{number}"]}})

    for number in "12":
        found, _ = checker.check(documents(text), CONTEXT, Given({"m": saying(number)}, {}))
        assert found.services[1].units[0].sections["Service"]["ExecStart"] == (f'"/bin/{number}"',)
