#!/usr/bin/env python
"""Django's command-line door."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blink.settings")
    from django.core.management import execute_from_command_line

    from blink.environment import Misconfigured

    try:
        execute_from_command_line(sys.argv)
    except Misconfigured as problems:
        sys.exit(str(problems))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as a shell counts
