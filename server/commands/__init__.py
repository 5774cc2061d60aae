"""Commands of the service: ``svbrdf serve`` and ``svbrdf inpaint --server``.

Offered by the entry points of the group ``svbrdf_core.commands``, so that the command line knows nothing of a service.
"""
