"""Which folders are installed, and under what name; everything else is in pyproject.toml.

The top-level folder ``server`` is installed as ``svbrdf_server``, in a wheel and in an editable install alike, since
its own name is too common for site-packages. Tests, benchmarks and the Blender add-on (another licence) never are.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["svbrdf_core", "svbrdf_core.*"]),
        "svbrdf_server",
        *(f"svbrdf_server.{name}" for name in find_packages("server")),
    ],
    package_dir={"svbrdf_server": "server"},
    package_data={
        "*": ["py.typed"],
        "svbrdf_core.batch": ["templates/*"],
        "svbrdf_core.compare": ["templates/*"],
        "svbrdf_core.explain": ["templates/*"],
        "svbrdf_server": ["page/*"],
    },
)
