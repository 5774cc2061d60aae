"""The files of a row where it runs: fetched from a store for as long as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from svbrdf_core.batch.places import moved
from svbrdf_core.batch.row import Row
from svbrdf_core.batch.scratch import scratch
from svbrdf_core.batch.stores import fetch
from svbrdf_core.batch.view import StoreView


@contextmanager
def fetched(row: Row) -> Iterator[Row]:
    """Give a row whose material and masks are files of this machine.

    Raises:
        InputError: they cannot be fetched.
        SvbrdfError: of what is done with them; it tells their addresses.
    """
    if row.request is None or not row.files:
        yield row
        return
    with scratch() as home:
        view = StoreView(home)
        fetch({file.path: view.here(file.path) for file in row.files})
        with view.telling():
            yield replace(row, request=moved(row.request, view.here))
