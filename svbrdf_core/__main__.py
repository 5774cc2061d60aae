"""Entry point of ``python -m svbrdf_core``, the command ``svbrdf``."""

from svbrdf_core.cli import main

if __name__ == "__main__":
    main()
