"""``python -m vivace``: the command line."""

from vivace.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
