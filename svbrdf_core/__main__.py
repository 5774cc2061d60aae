"""``python -m svbrdf_core`` is the command ``svbrdf``."""

from svbrdf_core.cli import main

if __name__ == "__main__":
    main()
