"""After a rollback ``status``, ``generations`` and ``rollback`` say what happened, and why."""

from typing import Any

import pytest

SETTINGS = '[daemon]\non_failure = "rollback"\nsettle = "200ms"\n'
GOOD = '[services.demo]\nprocess.argv = ["/bin/sleep", "1000"]\n'
BROKEN = """[services.demo]
process.argv = ["/bin/sh", "-c", "exit 3"]
systemd.service.serviceConfig.Restart = "no"
"""
FAILED = "generation 2 failed: demo.service (exit-code, status 3); rolled back to 1"


@pytest.fixture
def rolled_back(user: Any) -> Any:
    """The program of a user whose second generation has failed."""
    for text, code in ((GOOD, 0), (BROKEN, 4)):
        user.declare(SETTINGS + text)
        assert user("apply").code == code
    return user


def test_status_says_what_has_failed(rolled_back: Any) -> None:
    """It names the unit, how it failed, what runs instead, and how long that is so."""
    said = rolled_back("status").out
    held = f"{FAILED}; the declaration is held until it changes: hmsvcd apply goes to it again"
    assert held in said.splitlines()


def test_the_document_of_status_says_it_by_key(rolled_back: Any) -> None:
    """Numbers, units and reasons each have a place of their own."""
    declaration = rolled_back("status", "--json").document["declaration"]
    assert declaration["rolled_back"] == {
        "of": 2,
        "to": 1,
        "failures": {"demo.service": "exit-code, status 3"},
    }
    assert declaration["held"] == "rollback to 1 after demo.service failed in 2"


def test_generations_say_how_each_came_to_be(rolled_back: Any) -> None:
    """The generation that came back names what has failed."""
    *_, last = rolled_back("generations").out.splitlines()
    assert last.startswith("*  3 ")
    assert "  rollback to 1 after demo.service failed in 2  " in last


def test_rollback_says_where_it_went(rolled_back: Any) -> None:
    """By hand nothing has failed: it says which generation runs, and ``status`` that it holds."""
    rolled_back.declare(SETTINGS + GOOD.replace("1000", "2000"))
    rolled_back("apply")
    ran = rolled_back("rollback")
    assert "generation 5 (rollback to 3): 1 restarted" in ran.out
    declaration = rolled_back("status", "--json").document["declaration"]
    assert (declaration["held"], declaration["rolled_back"]) == ("rollback to 3", None)
