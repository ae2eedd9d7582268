"""What the daemon tells: each thing once, where it belongs, and no secret to anybody."""

import json
import subprocess
import sys

import pytest

from desktops import desktop_beside
from listening import Listener, call

pytestmark = pytest.mark.systemd

WORD = "correct-horse-battery-staple"
SLEEPER = '[services.demo]\nprocess.argv = ["/bin/sleep", "{}"]\n'
SECRETS = f"""
[daemon]
log_level = "debug"

[services.demo]
process.argv = ["/bin/sh", "-c", "echo {WORD}; exec sleep 1000"]
systemd.service.environment.PASSWORD = "{WORD}"
configData."password.txt".text = "{WORD}\\n"
configData."data.json" = {{ format = "json", value = {{ password = "{WORD}" }} }}

[services.bad]
process.argv = ["/bin/sh", "-c", "echo {WORD}; exit 1", "{WORD}"]
systemd.service.serviceConfig.Restart = "no"
systemd.service.serviceConfig.Nice = "{WORD}"
systemd.service.serviceConfig.NoSuchThing = "{WORD}"

[services.lost]
process.argv = ["/{WORD}"]
"""
MISTAKES = (
    f'systemd.service.environment.PASSWORD = ["{WORD}"]\n',
    f'configData."password.txt".text = 1\nconfigData."password.txt".source = "/{WORD}"\n',
    f'systemd.service.unitConfig.X-SwitchMethod = "{WORD}"\n',
    f'systemd.service.environment.PASSWORD = "{WORD}\n',
)


def statuses(daemon):
    """Return the sentences that systemd was told, in order."""
    return [line.removeprefix("STATUS=") for line in daemon.told if line.startswith("STATUS=")]


def test_the_status_is_what_was_done_last(user, daemon, wait_until):
    """`systemctl status` shows a sentence, which each thing that happens replaces."""
    user.save(SLEEPER.format(1000))
    daemon.start()
    wait_until(lambda: statuses(daemon)[-1:] == ["started demo"])
    user.save(SLEEPER.format(2000))
    wait_until(lambda: statuses(daemon)[-1] == "restarted demo")
    user.save(SLEEPER.format(2000) + "x = 1\n")
    wait_until(lambda: statuses(daemon)[-1] == "the declaration has an error")
    user.save(SLEEPER.format(2000))
    wait_until(lambda: statuses(daemon)[-1] == "everything is as declared")
    user.save("services = {}\n")
    wait_until(lambda: statuses(daemon)[-1] == "stopped demo")
    assert statuses(daemon) == [each["summary"] for each in daemon.events("pass finished")]


def test_a_mistake_is_told_once_and_so_is_its_end(user, daemon):
    """Each error is a line with its place; saving the same mistake again is no news."""
    user.save(SLEEPER.format(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    wrong = SLEEPER.format(1000) + "x = 1\ny = 2\n"
    user.save(wrong)
    daemon.until("pass finished", end="stuck")
    user.save(wrong + "# a comment\n")
    assert user.run("reconcile").code == 1
    told = [(each["at"], each["key"]) for each in daemon.events("problem")]
    place = str(user.declaration)
    assert told == [(f"{place}:3:1", "services.demo.x"), (f"{place}:4:1", "services.demo.y")]
    user.save(SLEEPER.format(1000))
    daemon.until("pass finished", 2, end="settled")
    assert user.run("status").messages == ""


def test_nothing_happens_without_a_word_and_no_word_without_a_happening(user, daemon):
    """A hundred events that change nothing are no line in the log."""
    user.save(SLEEPER.format(1000))
    daemon.start()
    daemon.until("pass finished", end="settled")
    call(user.session, "Reconcile")
    daemon.until("pass finished", cause="reconcile")
    before, said = daemon.log, statuses(daemon)
    for _ in range(100):
        user.save(SLEEPER.format(1000))
        (user.units / "demo.service.d").mkdir()
        (user.units / "demo.service.d").rmdir()
    user.systemctl("daemon-reload")
    assert user.run("status").code == 0
    call(user.session, "Plan")
    call(user.session, "Reconcile")
    daemon.until("pass finished", 2, cause="reconcile")
    lines = daemon.log.removeprefix(before).splitlines()
    assert [line for line in lines if "cause=reconcile" not in line] == []
    assert set(statuses(daemon)[len(said) :]) == {"everything is as declared"}


def test_what_systemd_finds_is_told_after_the_jobs(user, daemon, wait_until):
    """A directive that systemd ignores is a warning with its place, until it is mended."""
    text = SLEEPER.format(1000) + 'systemd.service.serviceConfig.Nice = "{}"\n'
    user.save(text.format("much"))
    daemon.start()
    daemon.until("problem", at=f"{user.declaration}:3:31")
    assert user.state_of("demo.service") == "active"
    [warning] = user.run("status").document["warnings"]
    assert (warning["file"], warning["line"]) == (str(user.declaration), 3)
    user.save(text.format("much") + SLEEPER.format(1000).replace("demo", "other"))
    daemon.until("pass finished", 2)
    call(user.session, "Reconcile")
    daemon.until("pass finished", cause="reconcile")
    assert len(daemon.events("problem")) == 1
    assert [each["line"] for each in user.run("status").document["warnings"]] == [3]
    user.save(text.format("5"))
    wait_until(lambda: user.run("status").document["warnings"] == [])
    assert len(daemon.events("problem")) == 1


def test_a_warning_goes_with_its_line(user, daemon, wait_until):
    """What systemd finds keeps to its line while lines are put before it."""
    text = SLEEPER.format(1000) + 'systemd.service.serviceConfig.Nice = "much"\n'
    user.save(text)
    daemon.start()
    daemon.until("problem")
    user.save(f"# a comment\n{text}")
    wait_until(lambda: [each["line"] for each in user.run("status").document["warnings"]] == [4])
    assert len(daemon.events("problem")) == 1


def test_no_secret_gets_out(user, daemon, tmp_path, wait_until):
    """Values are in no log line, no status, and nothing that the daemon says on the bus."""
    user.save(SECRETS)
    listener = Listener(user.session, tmp_path)
    daemon.start()
    listener.finished(1)
    daemon.until("problem", 2)
    for mistake in MISTAKES:
        head, _, rest = SECRETS.partition("[services.bad]")
        user.save(f"{head}{mistake}[services.bad]{rest}")
        wait_until(lambda: user.run("status").code == 1)
        call(user.session, "Plan")
        call(user.session, "Status")
        user.save(SECRETS)
        wait_until(lambda: user.run("status").code == 4)
    listener.finished(call(user.session, "Apply", "a{sv}", "0"))
    listener.close()
    signals = (each for each in listener.messages if each.get("member") == "PassFinished")
    owner = next(signals)["sender"]
    assert WORD not in daemon.log
    assert WORD not in "\n".join(daemon.told)
    spoken = [json.dumps(each) for each in listener.said_by(owner)]
    assert [each for each in spoken if WORD in each] == []


@pytest.fixture
def service(user):
    """The daemon as a service of systemd: how it is told, and what the journal has of it."""
    name = f"hmsvcd-{user.session.runtime.parent.name}"

    def run(*options):
        subprocess.run(
            ["systemd-run", "--user", f"--unit={name}", "--property=Type=notify", *options,
             sys.executable, "-m", "hmsvcd", "run"],
            env=user.session.env, check=True, capture_output=True,
        )  # fmt: skip
        return name

    yield run
    user.systemctl("stop", name, check=False)


def journal(unit, *options):
    """Return the priorities and messages that the journal has of a unit's processes."""
    subprocess.run(["journalctl", "--sync"], check=False, capture_output=True)
    command = ["journalctl", "--quiet", "--output=json", f"--user-unit={unit}", *options]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    entries = [json.loads(line) for line in lines]
    return [
        (each["PRIORITY"], each["MESSAGE"])
        for each in entries
        if each["_TRANSPORT"] == "stdout"  # systemd's own lines about it come another way
    ]


def test_the_journal_has_a_line_and_a_priority_for_each_event(user, service, wait_until):
    """`journalctl -p` tells what needs attention, and `systemctl status` what was done."""
    user.save(SLEEPER.format(1000))
    unit = service()
    wait_until(lambda: user.show(unit, "StatusText") == ["started demo"])
    user.save(SLEEPER.format(1000) + "x = 1\n")
    wait_until(lambda: user.show(unit, "StatusText") == ["the declaration has an error"])
    wait_until(lambda: [level for level, _ in journal(unit, "-p", "err")] == ["3"])
    user.save(SLEEPER.format(1000))
    wait_until(lambda: user.show(unit, "StatusText") == ["everything is as declared"])
    user.systemctl("kill", "--signal=KILL", "demo.service")
    wait_until(lambda: "demo.service has failed" in user.show(unit, "StatusText")[0])
    wait_until(lambda: len(journal(unit, "-p", "warning")) == 2)
    (_, problem), (level, failed) = journal(unit, "-p", "warning")
    assert problem.startswith(f"problem at={user.declaration}:3:1 key=services.demo.x text=")
    assert (level, failed) == ("4", 'unit failed unit=demo.service why="signal, status 9"')
    finished = [line for level, line in journal(unit) if line.startswith("pass finished")]
    assert len(finished) == 3


@pytest.fixture
def desktop(user):
    """A desktop that shows notifications."""
    with desktop_beside(user.session.bus_address) as shell:
        yield shell


def test_the_desktop_shows_what_is_wrong(user, daemon, desktop, wait_until):
    """A failure is shown with where to read more; a mistake is, until it is mended."""
    text = SLEEPER.format(1000) + 'systemd.service.serviceConfig.Restart = "no"\n'
    user.save(text)
    daemon.start()
    daemon.until("pass finished", end="settled")
    assert not desktop.shown
    user.systemctl("kill", "--signal=KILL", "demo.service")
    wait_until(lambda: desktop.shown)
    assert desktop.text == (
        "demo.service has failed", "signal, status 9; see: hmsvcd logs demo.service"
    )  # fmt: skip
    user.save(text + "x = 1\n")
    wait_until(lambda: desktop.text[0] == "The declaration cannot be applied")
    assert desktop.text[1].startswith(f"{user.declaration}:4:1: ")
    user.save(text)
    wait_until(lambda: not desktop.shown)
    user.save(f"[daemon]\nnotify = false\n{text}x = 1\n")
    daemon.until("pass finished", 2, end="stuck")
    wait_until(lambda: desktop.asked.count("Notify") == 3)
