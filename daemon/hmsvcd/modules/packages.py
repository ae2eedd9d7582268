"""Where the programs of service modules are: in a package that is named, or on the PATH."""

import re

from hmsvcd.module import PATH, Config, Option


def package(program: str, default: str | None = None, example: str = "/usr/local") -> Option:
    """Return the option that says where a program is; ``default`` says what is looked for else."""
    return Option(
        PATH,
        f"The folder that holds `bin/{program}`, or the program: a path that ends in `/bin/NAME` "
        "or `/sbin/NAME`.",
        None,
        default_text=f"{default or f'`{program}`'} is found on PATH",
        example=example,
    )


def program(config: Config, table: str, *names: str) -> str:
    """Return the path of a module's program: in ``package`` of its table of options, if set.

    There it has the first of these names; on the PATH any of them is found.
    """
    package = config[table]["package"]
    if not package:
        return config.program(*names)
    is_program = re.search(r"/s?bin/[^/]+$", package)
    return str(package) if is_program else f"{package}/bin/{names[0]}"
