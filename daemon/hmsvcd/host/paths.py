"""Where everything lies, by the rules of the XDG Base Directory Specification."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hmsvcd.errors import HostError


def is_same_place(one: str, other: str) -> bool:
    """Say whether two paths lead to the same place, by whatever links and spelling."""
    return os.path.realpath(one) == os.path.realpath(other)


@dataclass(frozen=True, slots=True)
class Paths:
    """The user's base folders, and hmsvcd's own places in them."""

    home: Path
    config_home: Path
    data_home: Path
    state_home: Path
    cache_home: Path
    runtime_dir: Path

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Paths":
        """Return the paths that an environment asks for.

        It is the systemd manager's environment, not always this process's own, so platformdirs,
        which reads ``os.environ``, cannot serve. A variable that is empty or no absolute path
        counts as unset. Raises ``HostError`` without ``$HOME``.
        """
        home = environ.get("HOME", "")
        if not home.startswith("/"):
            raise HostError("cannot tell where the home folder is", "set $HOME to its path")

        def base(variable: str, default: str) -> Path:
            value = environ.get(variable, "")
            return Path(value if value.startswith("/") else default)

        return cls(
            home=Path(home),
            config_home=base("XDG_CONFIG_HOME", f"{home}/.config"),
            data_home=base("XDG_DATA_HOME", f"{home}/.local/share"),
            state_home=base("XDG_STATE_HOME", f"{home}/.local/state"),
            cache_home=base("XDG_CACHE_HOME", f"{home}/.cache"),
            runtime_dir=base("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}"),
        )

    @property
    def declaration(self) -> Path:
        """The folder of the declaration that is read where none is named."""
        return self.config_home / "hmsvcd"

    @property
    def unit_folder(self) -> Path:
        """Where unit links are installed."""
        return self.config_home / "systemd" / "user"

    @property
    def files_root(self) -> Path:
        """What the paths of configuration files are relative to."""
        return self.config_home

    @property
    def state(self) -> Path:
        """The folder of everything that hmsvcd writes for itself."""
        return self.state_home / "hmsvcd"

    @property
    def store(self) -> Path:
        """The content-addressed store."""
        return self.state / "store"

    @property
    def generations(self) -> Path:
        """The manifests, ``<n>.toml``."""
        return self.state / "generations"

    @property
    def current(self) -> Path:
        """The link to the manifest of the installed generation."""
        return self.state / "current"

    @property
    def state_file(self) -> Path:
        """What each unit's action has reached."""
        return self.state / "state.toml"

    @property
    def pending(self) -> Path:
        """The switch under way."""
        return self.state / "pending"

    @property
    def lock(self) -> Path:
        """The file whose lock makes this process the one writer."""
        return self.state / "lock"

    @property
    def paused(self) -> Path:
        """The file that is there while saves are not to be applied; it is gone at logout."""
        return self.runtime_dir / "hmsvcd" / "paused"
