"""Instances of templates on a real manager: each with its own drop-ins, and what names it."""

import pytest

from hmsvcd.host.sandbox import Sandbox
from switched import Switched, service, switch
from users import User

pytestmark = pytest.mark.systemd

FOREIGN = {
    "echo@.service.d/10-all.conf": "[Unit]\nX-SwitchMethod=stop-start\n",
    "echo@kept.service.d/20.conf": "[Unit]\nX-SwitchMethod=keep-old\n",
    "echo@reloading.service.d/20.conf": "[Unit]\nX-SwitchMethod=reload\n",
    "echo@alike.service.d/20.conf": "[Service]\nExecStart=\nExecStart=/bin/sleep 500\n"
    "ExecStartPre=\n",
    "echo@own.service": "[Service]\nExecStart=/bin/sleep 500\n",
}
"""What the user has put beside the template: drop-ins, and a file for one instance."""

INSTANCES = [f"echo@{name}.service" for name in ("one", "kept", "reloading", "alike", "own")]


def declared(version: int) -> str:
    """Return a template that is edited, one that needs its instances, and plain units."""
    named = '"echo@%i.service"', '"%p-db.service"'
    needing = [f"requires = {unit}\nafter = {unit}\n" for unit in named]
    wanted = {1: "[]", 2: '["echo@late.service"]'}
    return "".join([
        service("echo@", version, wanted=False),
        service("leaning@", 1, needing[0], wanted=False),
        service("web", 1, needing[1]),
        service("web-db", version, 'unitConfig.X-SwitchMethod = "stop-start"'),
        "[systemd.user.targets.group]\n",
        f'Unit.Wants = {wanted[version]}\nInstall.WantedBy = "default.target"\n',
    ])  # fmt: skip


@pytest.fixture(scope="module")
def user(shared_manager: Sandbox) -> User:
    """A user who has drop-ins for some instances."""
    user = User(shared_manager)
    for name, text in FOREIGN.items():
        (user.units / name).parent.mkdir(exist_ok=True)
        (user.units / name).write_text(text)
    return user


@pytest.fixture(scope="module")
def edited(user: User) -> Switched:
    """Templates are applied, some instances started, and then the template is edited."""
    switch(user, declared(1))
    user.systemctl("start", *INSTANCES, "leaning@one.service")
    return switch(user, declared(2))


@pytest.mark.rule(17)
def test_the_drop_ins_of_a_template_count_for_its_instances(edited: Switched) -> None:
    """A method in ``echo@.service.d`` is that of every instance."""
    assert edited.rule("echo@one.service") == 17
    assert edited.of("echo@one.service") == ("stop 1", "start 2")


@pytest.mark.rule(11, 14)
def test_the_drop_ins_of_an_instance_count_for_it_alone(edited: Switched) -> None:
    """A method in the instance's own folder beats that of the template's."""
    assert edited.rule("echo@kept.service") == 11
    assert edited.is_left("echo@kept.service")
    assert edited.rule("echo@reloading.service") == 14
    assert edited.of("echo@reloading.service") == ("reload 2",)


@pytest.mark.rule(8)
def test_what_a_drop_in_replaces_makes_no_difference(edited: Switched) -> None:
    """An instance with a program of its own is not restarted for a change of the template's."""
    assert edited.rule("echo@alike.service") == 8
    assert edited.is_left("echo@alike.service")


def test_an_instance_with_a_file_of_its_own_is_not_ours(edited: Switched) -> None:
    """A unit that only looks like an instance of a declared template is left alone."""
    assert "echo@own.service" not in edited.decisions
    assert edited.is_left("echo@own.service")
    assert edited.state("echo@own.service") == "active"


@pytest.mark.rule(21)
def test_what_names_its_own_instance_comes_back_with_it(edited: Switched) -> None:
    """``Requires=echo@%i.service``: what the stop of an instance takes down starts after it."""
    for taken, starts in (("leaning@one", "echo@one"), ("web", "web-db")):
        assert edited.rule(f"{taken}.service") == 21
        assert edited.of(f"{taken}.service") == ("stop 1", "start 1")
        began = edited.records.index(f"{starts}.service start 2")
        assert began < edited.records.index(f"{taken}.service start 1")


@pytest.mark.rule(9)
def test_a_target_that_newly_names_an_instance_starts_it(edited: Switched) -> None:
    """The instance of a template comes to be when something wants it."""
    assert edited.rule("group.target") == 9
    assert edited.ran.actions["echo@late.service"] == "start"
    assert edited.of("echo@late.service") == ("start 2",)


@pytest.mark.rule(5)
@pytest.mark.usefixtures("edited")
def test_the_instances_of_a_removed_template_are_stopped(user: User) -> None:
    """What goes takes its instances with it, but not the one with a file of its own."""
    gone = switch(user, service("web-db", 2))
    for name in ("one", "kept", "reloading", "alike", "late"):
        assert gone.rule(f"echo@{name}.service") == 5
        assert gone.state(f"echo@{name}.service") == "inactive"
    assert gone.of("echo@one.service") == ("stop 2",)
    assert gone.is_left("echo@own.service")
    assert gone.state("echo@own.service") == "active"
