"""``vivace`` and ``python -m vivace``: the command line."""

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line and exit. Ctrl+C is no traceback while its modules load, either."""
    try:
        from vivace.cli import main

        main()
    except KeyboardInterrupt:
        sys.stderr.write("vivace: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
