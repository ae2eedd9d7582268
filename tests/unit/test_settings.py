"""``[daemon]``: hmsvcd's own settings."""

import pytest

from declarations import errors, judged
from hmsvcd.model.schema import DAEMON
from hmsvcd.model.settings import Settings


def settings(text):
    """Return what a ``[daemon]`` table says."""
    declaration, diagnostics = judged(f"[services]\n[daemon]\n{text}")
    assert declaration, diagnostics
    return declaration.settings


def test_the_defaults_of_the_schema_are_those_of_the_settings():
    """Both say the same, option by option."""
    assert settings("") == Settings()
    assert set(DAEMON.options) == set(Settings.__slots__)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("50ms", 0.05),
        ("2min", 120),
        ("1h 30min", 5400),
        ("1.5s", 1.5),
        ("250us", 0.00025),
        ("1d", 86400),
    ],
)
def test_times_are_strings_with_units(text, seconds):
    """Several may be added up."""
    assert settings(f"job_timeout = '{text}'").job_timeout == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["''", "'5'", "'-5s'", "'5 parsecs'", "'2y'", "5", "'9999999d'", "'\u0665s'"]
)
def test_what_is_no_time_is_an_error(text):
    """Without a unit, too."""
    (error,) = errors(f"[services]\n[daemon]\nsettle = {text}")
    assert error.key == "daemon.settle"


@pytest.mark.parametrize(
    "text",
    ["trigger_action = 'stop'", "keep_generations = 0", "keep_generations = '1'", "bogus = 1"],
)
def test_a_setting_that_cannot_be_is_an_error(text):
    """Unknown ones included."""
    assert len(errors(f"[services]\n[daemon]\n{text}")) == 1


def test_every_wrong_setting_is_reported():
    """One mistake hides no other."""
    assert (
        len(errors("[services]\n[daemon]\nsettle = '1'\nstart_wait = '2'\nkeep_generations = -1"))
        == 3
    )


def test_settings_take_properties_and_references():
    """As everything else."""
    text = "trigger_action = { mkDefault = 'restart' }\n[services.a]\nprocess.argv = ['/a']\n"
    text += "[services.a.systemd.service.environment]\nM = 'reload'"
    more = "[daemon]\ntrigger_action = '@{home.services.a.systemd.service.environment.M}'"
    declaration, _ = judged(f"[daemon]\n{text}", more)
    assert declaration
    assert declaration.settings.trigger_action == "reload"
