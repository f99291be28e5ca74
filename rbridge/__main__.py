"""``python -m rbridge doctor``."""

from __future__ import annotations

import argparse
import sys

from rbridge import doctor


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m rbridge", description="The bridge to R.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "doctor", help="say what the bridge needs, what is there, and how to mend the rest"
    )
    command.add_argument("--json", action="store_true", help="as JSON")
    chosen = parser.parse_args(arguments)
    checks = doctor.examine()
    print(doctor.as_json(checks) if chosen.json else doctor.as_text(checks))
    return 0 if doctor.works(checks) else 1


if __name__ == "__main__":
    sys.exit(main())
