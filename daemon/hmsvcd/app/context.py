"""What references of a declaration can name, of an environment."""

from collections.abc import Mapping

from hmsvcd.host import process
from hmsvcd.host.paths import Paths
from hmsvcd.model.context import Context


def context_of(environment: Mapping[str, str], paths: Paths, systemd: int = 0) -> Context:
    """Return what references can name; ``systemd`` is the manager's version, 0 without one."""
    return Context(
        home_directory=str(paths.home),
        username=process.username(environment),
        config_home=str(paths.config_home),
        data_home=str(paths.data_home),
        state_home=str(paths.state_home),
        cache_home=str(paths.cache_home),
        runtime_dir=str(paths.runtime_dir),
        store=str(paths.store),
        environment=environment,
        working_directory=process.working_directory(),
        systemd=systemd,
    )
