"""The entry point: ``hmsvcd`` and ``python -m hmsvcd``."""

import sys

from hmsvcd.cli.main import run


def main() -> None:
    """Run the command that ``sys.argv`` names and exit with its code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
