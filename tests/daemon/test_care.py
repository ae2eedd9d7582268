"""Store care and the doctor while the daemon runs."""

import signal

ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "{}"]\n'


def said(user, check: str) -> str:
    """What the doctor finds in one check, with levels and hints."""
    found = [each for each in user.run("doctor").document["checks"] if each["check"] == check]
    return "\n".join(f"{each['level']}: {each['message']} ({each['hint']})" for each in found)


def test_gc_and_saves_go_on_side_by_side(user, daemon, wait_until):
    """The daemon does not notice, and what is saved after it is applied as before."""
    user.save(ONE.format(1000))
    daemon.start()
    for number in range(1001, 1004):
        wait_until(lambda: user.state_of("one.service") == "active")
        had = user.pid("one.service")
        user.save(ONE.format(number))
        wait_until(lambda had=had: user.pid("one.service") != had)
    wait_until(lambda: len(list((user.state / "generations").iterdir())) == 4)
    pid = user.pid("one.service")

    ran = user.run("gc", "--keep", "1")
    assert (ran.code, ran.document["generations"]) == (0, [1, 2, 3])
    assert user.pid("one.service") == pid

    user.save(ONE.format(1000))
    wait_until(lambda: user.pid("one.service") != pid)
    wait_until((user.state / "generations/5.toml").exists)
    assert user.run("doctor").document["errors"] == []


def test_the_doctor_looks_at_the_daemon(user, daemon, wait_until):
    """That it runs, what it follows, how it watches, whether it is paused, whether it is well."""
    user.save(ONE.format(1000))
    daemon.start()
    wait_until(lambda: user.state_of("one.service") == "active")
    wait_until((user.state / "current").exists)
    assert said(user, "daemon") == (
        f"ok: the daemon runs as process {daemon.pid}, and follows"
        f" {user.declaration.parent} (None)"
    )
    assert said(user, "inotify").startswith("ok: ")
    assert user.run("doctor").code == 0

    user.type("pause")
    assert "warning: it is paused: saves wait (hmsvcd resume)" in said(user, "daemon")
    user.type("resume")

    (user.declaration.parent / "conf.d").symlink_to("nowhere")
    wait_until(lambda: "warning: its last pass is stuck" in said(user, "daemon"))
    assert user.run("doctor").code == 1


def test_a_daemon_that_hangs_is_an_error_and_no_hindrance(user, daemon, wait_until):
    """It is said after a few seconds, and all else is looked at."""
    user.save(ONE.format(1000))
    daemon.start()
    wait_until((user.state / "current").exists)
    daemon.send(signal.SIGSTOP)
    try:
        ran = user.run("doctor")
    finally:
        daemon.send(signal.SIGCONT)
    assert ran.code == 1
    assert "the daemon does not say how it is" in ran.messages
    assert len({each["check"] for each in ran.document["checks"]}) > 10
