"""Draws docs/plan.svg: a real run of ``hmsvcd plan`` in a throw-away session.

    python docs/make_plan_svg.py [FILE]

A declaration is applied, edited, and planned. Nothing of the output is made up; only the home
folder of the throw-away session, which is another each time, is written as /home/you.
"""  # noqa: INP001 - a script, no module of a package

import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path  # noqa: TID251 - a script, which reads and writes real files

from rich.console import Console
from rich.text import Text

COLUMNS = 108

BEFORE = """\
[services.clock]
process.argv = ["/bin/sh", "-c", "while date; do sleep 5; done"]
systemd.service.description = "Tells the time"

[services.greeter]
process.argv = [
  "/bin/sh", "-c", "trap 'cat $0' HUP; while :; do sleep 1; done",
  '@{config.configData.greeting.path}',
]
configData.greeting.text = "Good morning\\n"
systemd.service.serviceConfig.ExecReload = "/bin/kill -HUP $MAINPID"
systemd.service.unitConfig.X-SwitchMethod = "reload"

[services.worker]
process.argv = ["/bin/sleep", "infinity"]
systemd.service.serviceConfig.MemoryMax = "100M"

[services.old]
process.argv = ["/bin/sleep", "infinity"]
"""

AFTER = (
    (
        BEFORE.partition("\n[services.old]")[0]
        .replace("Tells the time", "Tells the time every five seconds")
        .replace("morning", "evening")
        .replace("100M", "200M")
    )
    + """
[services.fresh]
process.argv = ["/bin/sleep", "infinity"]
"""
)

SCRIPT = 'mv "$1" "$2" && COLUMNS="$4" FORCE_COLOR=1 TERM=xterm-256color hmsvcd plan -c "$2" >"$3"'


def planned() -> str:
    """Return what ``hmsvcd plan`` prints in colour for the edit from BEFORE to AFTER."""
    with tempfile.TemporaryDirectory() as folder:
        declaration, edited, output = (Path(folder, name) for name in ("now", "new", "printed"))
        declaration.write_text(BEFORE, encoding="utf-8")
        edited.write_text(AFTER, encoding="utf-8")
        arguments = (edited, declaration, output, COLUMNS)
        subprocess.run(  # noqa: S603 - a fixed command
            [sys.executable, "-m", "hmsvcd", "try", declaration, "--",
             "sh", "-c", SCRIPT, "sh", *map(str, arguments)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return output.read_text(encoding="utf-8")


def main() -> None:
    """Draw the picture."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("plan.svg")
    printed = re.sub(r"/[^\s\x1b]*?/hmsvcd-try-[^/]+/home(?=/)", "/home/you", planned())
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text.from_ansi(f"$ hmsvcd plan\n{printed}"), soft_wrap=True)
    drawn = console.export_svg(title="hmsvcd plan", unique_id="plan")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)  # fetched from elsewhere
    target.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
