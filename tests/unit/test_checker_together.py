"""What is wrong between services is found again and again, whichever of them is edited."""

import tomllib

import pytest

from declarations import CONTEXT
from hmsvcd.model.document import Document
from hmsvcd.pipeline.check.whole import Checker, check

A = '[services.a]\nprocess.argv = ["/bin/a"]\n'
B = '[services.b]\nprocess.argv = ["/bin/b"]\n'
TIMER = '[systemd.user.timers.t]\nTimer.OnCalendar = "daily"\n'
STARTS_TIMER = 'systemd.service.unitConfig.Wants = ["t.timer"]\n'

EDITS = {
    "an idle timer": (A + STARTS_TIMER + B + TIMER, A + B + TIMER, "nothing starts this timer"),
    "a unit twice": (
        A + B + "[systemd.user.services.c]\n",
        A + B + '[systemd.user.services.b]\nService.ExecStart = "/bin/b"\n',
        "two declarations produce the unit `b.service`",
    ),
    "a unit of a sub-service": (
        A + B,
        A + '[services."a".services.b]\nprocess.argv = ["/x"]\n[services.a-b]\n'
        'process.argv = ["/x"]\n' + B,
        "two declarations produce the unit `a-b.service`",
    ),
}


def told(checker: Checker, *texts: str) -> list[str]:
    """Check a declaration again, and see that it is as if for the first time."""
    found = checker.check(documents(*texts), CONTEXT)
    assert repr(found) == repr(check(documents(*texts), CONTEXT))
    return [each.message for each in found[1]]


def documents(*texts: str) -> list[Document]:
    return [Document(f"{number}.toml", tomllib.loads(text)) for number, text in enumerate(texts)]


@pytest.mark.parametrize(("right", "wrong", "message"), EDITS.values(), ids=EDITS)
def test_an_edit_is_judged_by_what_others_say(right: str, wrong: str, message: str):
    """What it makes wrong is told as long as it is, also after edits elsewhere."""
    checker = Checker()
    edited = wrong.replace("/bin/a", "/bin/other")
    assert message not in told(checker, right)
    for text in (wrong, edited, edited):
        assert message in told(checker, text)
    assert message not in told(checker, right.replace("/bin/a", "/bin/other"))
    assert message in told(checker, edited)


def test_a_text_that_changes_makes_nothing_wrong():
    """One service after the other, with others around it."""
    checker = Checker()
    for number in range(3):
        text = (A + B).replace("/bin/a", f"/bin/{number}") + TIMER
        assert told(checker, text + 'Install.WantedBy = "timers.target"\n') == []


def test_tables_in_another_order_are_told_apart():
    """Names that go, come or change places are what is written now."""
    checker = Checker()
    for text in (A + B, B + A, B, A + B, A.replace("services.a", "services.c") + B, A + B):
        checked, _ = checker.check(documents(text), CONTEXT)
        wanted, _ = check(documents(text), CONTEXT)
        assert [each.name for each in checked.services] == [each.name for each in wanted.services]
        assert told(checker, text) == []
