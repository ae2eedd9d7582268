"""What references besides ``config`` and ``home.services`` can name."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """The user, the folders and the environment that a declaration is rendered for.

    All paths are absolute. ``store`` is the folder that store objects lie in. ``environment`` is
    that of the systemd manager, or of the process where there is no manager.
    ``working_directory`` is what the names of the declaration's files are relative to. ``systemd``
    is the manager's major version, 0 where it is not known.
    """

    home_directory: str
    username: str
    config_home: str
    data_home: str
    state_home: str
    cache_home: str
    runtime_dir: str
    store: str
    environment: Mapping[str, str]
    working_directory: str = "/"
    systemd: int = 0

    def store_path(self, object_name: str) -> str:
        """Return the absolute path of a store object."""
        return f"{self.store}/{object_name}"

    def config_path(self, target: str) -> str:
        """Return the absolute path of a file below ``$XDG_CONFIG_HOME``."""
        return f"{self.config_home}/{target}"
