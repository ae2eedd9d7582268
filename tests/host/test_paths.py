"""Where everything lies, from an environment."""

from pathlib import Path

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host.paths import Paths


def test_without_xdg_variables_the_defaults_of_the_specification_hold():
    """Only ``$HOME`` is needed."""
    paths = Paths.from_environ({"HOME": "/home/ada"})

    assert paths.declaration == Path("/home/ada/.config/hmsvcd")
    assert paths.unit_folder == Path("/home/ada/.config/systemd/user")
    assert paths.store == Path("/home/ada/.local/state/hmsvcd/store")
    assert paths.data_home == Path("/home/ada/.local/share")
    assert paths.cache_home == Path("/home/ada/.cache")


def test_xdg_variables_move_everything():
    """Each base folder has its variable."""
    paths = Paths.from_environ(
        {
            "HOME": "/home/ada",
            "XDG_CONFIG_HOME": "/c",
            "XDG_STATE_HOME": "/s",
            "XDG_RUNTIME_DIR": "/r",
        }
    )

    assert paths.files_root == Path("/c")
    assert paths.unit_folder == Path("/c/systemd/user")
    assert paths.pending == Path("/s/hmsvcd/pending")
    assert paths.runtime_dir == Path("/r")


@pytest.mark.parametrize("value", ["", "relative/path", "~/x"])
def test_a_variable_that_is_no_absolute_path_counts_as_unset(value):
    """The specification says to ignore it."""
    paths = Paths.from_environ({"HOME": "/home/ada", "XDG_CONFIG_HOME": value})

    assert paths.config_home == Path("/home/ada/.config")


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "home"}])
def test_without_a_home_there_is_a_clear_error(environ):
    """It names the variable to set."""
    with pytest.raises(HostError) as caught:
        Paths.from_environ(environ)

    assert "$HOME" in (caught.value.hint or "")
