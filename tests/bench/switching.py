"""How long a switch takes, as a ratio to what systemd itself takes for the same in the same run.

    .venv/bin/python tests/bench/switching.py [N ...]

Both sides are whole processes against a private ``systemd --user``: ``hmsvcd apply`` (which reads,
checks, verifies, renders, stores and settles besides), and the systemctl commands that somebody
would type who had the unit files already. Each is measured several times; medians are compared.
hmsvcd waits ``settle`` after the last job to see whether what it started stays up: the benchmark
sets that to 0, since systemctl does not look.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hmsvcd.host.sandbox import Sandbox, is_inside, run_inside

REPETITIONS = 5
SERVICE = """
[services.s{number}]
process.argv = ["/bin/sleep", "infinity"]
configData."app.conf".text = "port = {port}\\n"
systemd.service.unitConfig.X-SwitchMethod = "{method}"
systemd.service.serviceConfig.ExecReload = "/bin/true"
"""
HEAD = '[daemon]\nsettle = "0s"\n'


@dataclass
class Bench:
    """One number of services in one private session."""

    sandbox: Sandbox
    count: int

    def declare(self, port: int = 1, method: str = "reload") -> None:
        """Write the declaration; ``port`` and ``method`` are those of the first service."""
        folder = self.sandbox.config / "hmsvcd"
        folder.mkdir(exist_ok=True)
        services = [
            SERVICE.format(
                number=number,
                port=port if number == 0 else 1,
                method=method if number == 0 else "reload",
            )
            for number in range(self.count)
        ]
        (folder / "config.toml").write_text(HEAD + "".join(services), encoding="utf-8")

    def run(self, *command: str) -> float:
        """Run a command to its end and return the seconds it took."""
        started = time.perf_counter()
        subprocess.run(command, env=self.sandbox.env, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started

    def apply(self) -> float:
        """Return the seconds of one ``hmsvcd apply``."""
        return self.run(sys.executable, "-m", "hmsvcd", "apply")

    def systemctl(self, *arguments: str) -> float:
        """Return the seconds of one ``systemctl --user``."""
        return self.run("systemctl", "--user", *arguments)


def median(measure: Callable[[int], float]) -> float:
    """Return the median of several measurements."""
    return statistics.median(measure(number) for number in range(REPETITIONS))


def show(what: str, ours: float, theirs: float) -> None:
    """Print one row."""
    ratio = ours / theirs
    print(f"{what:<44}{ours * 1000:9.0f} ms{theirs * 1000:9.0f} ms{ratio:8.1f}")


def measure(bench: Bench) -> None:
    """Print the rows for one number of services."""
    count = bench.count
    bench.declare()
    first = bench.apply()
    units = [f"s{number}.service" for number in range(count)]
    bench.systemctl("stop", *units)
    started = bench.systemctl("daemon-reload") + bench.systemctl("start", *units)
    show(f"first apply of {count} | reload, start", first, started)
    bench.apply()
    nothing = median(lambda _: bench.apply())
    reload = median(lambda _: bench.systemctl("daemon-reload"))
    show("nothing to do | daemon-reload", nothing, reload)

    def edit(method: str) -> Callable[[int], float]:
        def one(number: int) -> float:
            bench.declare(port=number + 2, method=method)
            return bench.apply()

        return one

    ours = median(edit("reload"))
    show(
        "one text changed, reload | systemctl reload",
        ours,
        median(lambda _: bench.systemctl("reload", "s0")),
    )
    bench.declare(method="restart")
    bench.apply()
    ours = median(edit("restart"))
    show(
        "one text changed, restart | systemctl restart",
        ours,
        median(lambda _: bench.systemctl("restart", "s0")),
    )


def main() -> int:
    """Measure each number of services that is named, 10, 100 and 1,000 by default."""
    if not is_inside():
        return run_inside([sys.executable, str(Path(__file__).resolve()), *sys.argv[1:]])
    print(f"{'hmsvcd | systemd':<44}{'hmsvcd':>12}{'systemd':>12}{'ratio':>8}")
    for count in map(int, sys.argv[1:] or ("10", "100", "1000")):
        with Sandbox() as sandbox:
            measure(Bench(sandbox, count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
