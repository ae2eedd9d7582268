"""hmsvcd's own settings: the ``[daemon]`` table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The ``[daemon]`` table; all times are seconds (docs/declaration.md)."""

    trigger_action: str = "restart"
    on_failure: str = "keep"
    job_timeout: float = 120.0
    settle: float = 0.5
    start_wait: float = 5.0
    stop_wait: float = 5.0
    keep_generations: int = 10
    removal_delay: float = 1.0
    notify: bool = True
    log_level: str = "info"
