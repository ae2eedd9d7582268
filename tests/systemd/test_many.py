"""Large declarations go through in one apply."""

import pytest

pytestmark = pytest.mark.systemd


def sleepers(count: int) -> str:
    """Return a declaration of many services."""
    return "".join(
        f'[services.s{number}]\nprocess.argv = ["/bin/sleep", "1000"]\n' for number in range(count)
    )


def active(user) -> int:
    """How many of them are up."""
    how = ("--state=active", "--plain", "--no-legend")
    return len(user.systemctl("list-units", *how, "s[0-9]*.service").splitlines())


@pytest.mark.parametrize("count", [100, 1000])
def test_many_services(user, count):
    """Many services start in one apply, and the next has nothing to do."""
    ran = user.apply(sleepers(count))
    assert set(ran.results.values()) == {"done"}
    assert len(ran.results) == active(user) == count
    before = user.listing()
    assert user.apply().document["files"] == []
    assert user.listing() == before
    user.apply("services = {}")
    assert active(user) == 0


def test_chain(user):
    """A hundred services ordered one after the other start in that order."""
    bodies = []
    for number in range(100):
        after = f'systemd.service.after = "s{number - 1}.service"' if number else ""
        bodies.append(f"""
[services.s{number}]
process.argv = ["/bin/sleep", "1000"]
systemd.service.serviceConfig.Type = "exec"
{after}
""")
    user.apply("".join(reversed(bodies)))
    units = [f"s{number}.service" for number in range(100)]
    begun = [int(user.show(unit, "InactiveExitTimestampMonotonic")[0]) for unit in units]
    assert begun == sorted(begun)
    assert active(user) == 100
