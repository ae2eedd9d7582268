"""The code of service modules comes to an end, and leaves what is printed to the command."""

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from traceback import extract_tb
from typing import NoReturn

import pytest

from hmsvcd.host.guard import LIMIT, Guard
from hmsvcd.host.modules import Modules
from hmsvcd.model.diagnostic import Diagnostic

SOON = 0.05


def spin() -> NoReturn:
    while True:
        pass


def sleep() -> None:
    time.sleep(1000)


def try_again() -> NoReturn:
    """Go on whatever is raised, as what asks a server does."""
    while True:
        with suppress(Exception):
            time.sleep(1000)


def resist() -> None:
    """Go on once even after what ends a program."""
    try:
        spin()
    except BaseException:  # noqa: BLE001 - that is the mistake
        spin()


def wait() -> None:
    threading.Event().wait()


def guarded(code: Callable[[], object]) -> None:
    """Run code within a guard."""
    with Guard(SOON):
        code()


@pytest.mark.parametrize("code", [spin, sleep, wait, try_again, resist])
def test_what_never_ends_is_ended(code: Callable[[], object]) -> None:
    """Whether it computes, sleeps or waits, and whatever it catches; it is told where it was."""
    with pytest.raises(TimeoutError, match=r"^it takes longer than 0\.05 s$") as raised:
        guarded(code)
    assert code.__name__ in [step.name for step in extract_tb(raised.tb)]


def test_the_inner_one_of_two_is_told_first() -> None:
    """The time is that of the outer one, though, and the outer one is ended then, too."""
    ended = []

    def both() -> None:
        try:
            with Guard(1000):
                spin()
        except TimeoutError:
            ended.append("inner")
        spin()

    with pytest.raises(TimeoutError):
        guarded(both)
    assert ended == ["inner"]


@pytest.mark.parametrize("fails", [False, True])
def test_the_signal_and_the_timer_are_as_they_were(*, fails: bool) -> None:
    """Somebody else may use them: they go on afterwards."""
    came = threading.Event()
    before = signal.signal(signal.SIGALRM, lambda *_: came.set())
    signal.setitimer(signal.ITIMER_REAL, 1000, 500)
    try:
        with suppress(ZeroDivisionError), Guard(), Guard():
            assert signal.getitimer(signal.ITIMER_REAL)[0] <= LIMIT
            1 / (0 if fails else 1)
        seconds, interval = signal.setitimer(signal.ITIMER_REAL, 0)
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert 900 < seconds <= 1000
    assert interval == 500
    assert came.is_set()


def test_what_ends_in_time_is_left_alone() -> None:
    """Nothing comes later."""
    guarded(int)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_what_is_printed_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is the command's: it may be a document."""
    with Guard():
        sys.stdout.write("from a module\n")
        with Guard():
            sys.stdout.write("from another\n")
        sys.stdout.write("more\n")
    sys.stdout.write("{}\n")
    assert capsys.readouterr() == ("{}\n", "from a module\nfrom another\nmore\n")


def test_an_event_loop_goes_on_as_before() -> None:
    """Its own signals reach it, those of the guard do not disturb it."""
    came = []

    async def main() -> None:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, arrived.set)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                guarded(spin)
            await asyncio.sleep(0)
        signal.raise_signal(signal.SIGUSR1)
        await arrived.wait()
        came.append("SIGUSR1")

    asyncio.run(main())
    assert came == ["SIGUSR1"]


def test_another_thread_has_no_limit() -> None:
    """No signal reaches it, and it sets none."""
    seen: list[object] = []

    def other() -> None:
        with Guard(SOON):
            seen.append(signal.getsignal(signal.SIGALRM))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]


def test_a_module_file_that_never_ends(tmp_path, capsys):
    """It is an error of the file, in the line where it was."""
    file = tmp_path / "m.py"
    file.write_text("print('hello')\nimport time\n\ntime.sleep(1000)\n")
    told = Modules().in_file(str(file))
    assert isinstance(told, Diagnostic)
    assert told.in_full.message.endswith("TimeoutError: it takes longer than 5 s")
    assert told.place
    assert told.place.file == str(file)
    assert told.position
    assert told.position.line == 4
    assert capsys.readouterr() == ("", "hello\n")
