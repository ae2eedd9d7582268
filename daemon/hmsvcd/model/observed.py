"""What ``systemd --user`` says of its units."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hmsvcd.model.unit import template_of


@dataclass(frozen=True, slots=True)
class ObservedUnit:
    """The properties of one loaded unit that decisions need (org.freedesktop.systemd1(5)).

    Times are CLOCK_MONOTONIC microseconds, 0 where the thing never happened. ``job`` is the type
    of a queued job (``start``, ``stop``, ``restart``, …), ``job_path`` its object path.
    ``main_pid`` is the main process that runs, ``last_main_pid`` the last one that ran. What only
    services have, such as these, keeps its default for other units. ``fragment`` is the path of
    the unit file, that of its template for most instances.
    """

    name: str
    load_state: str = "not-found"
    active_state: str = "inactive"
    sub_state: str = "dead"
    description: str = ""
    fragment: str = ""
    drop_in_paths: tuple[str, ...] = ()
    job: str | None = None
    job_path: str | None = None
    can_reload: bool = False
    condition_result: bool = True
    condition_timestamp: int = 0
    assert_result: bool = True
    assert_timestamp: int = 0
    active_exit: int = 0
    inactive_enter: int = 0
    inactive_exit: int = 0
    state_change_realtime: int = 0
    invocation: str = ""
    result: str = ""
    service_type: str = ""
    remain_after_exit: bool = False
    main_pid: int = 0
    last_main_pid: int = 0
    main_start: int = 0
    main_exit: int = 0
    main_status: int = 0
    kill_signal: int = 15
    restarts: int = 0
    reload_result: str = ""
    requires: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    binds_to: tuple[str, ...] = ()
    upholds: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    bound_by: tuple[str, ...] = ()
    wanted_by: tuple[str, ...] = ()
    upheld_by: tuple[str, ...] = ()
    consists_of: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    triggered_by: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """The manager at one moment: its units of interest and itself.

    ``life`` changes when the manager is started anew, not when it re-executes itself. ``now`` is
    CLOCK_MONOTONIC, ``units_loaded`` UnitsLoadTimestampMonotonic, both in microseconds.
    ``unit_path`` is the search path for unit files in order. ``own_unit`` is the unit that holds
    this very process, if any. ``started`` is UserspaceTimestampMonotonic, in microseconds.
    """

    units: Mapping[str, ObservedUnit] = field(default_factory=dict)
    life: str = ""
    now: int = 0
    units_loaded: int = 0
    unit_path: tuple[str, ...] = ()
    system_state: str = "running"
    version: int = 0
    own_unit: str | None = None
    started: int = 0

    def unit(self, name: str) -> ObservedUnit:
        """Return a unit; one that systemd does not know is ``not-found``."""
        return self.units.get(name) or ObservedUnit(name)

    def template_of(self, unit: str) -> str:
        """Return the template that an instance is made from, "" where it has a file of its own."""
        has_own = self.unit(unit).fragment.endswith(f"/{unit}")
        return "" if has_own else template_of(unit) or ""
