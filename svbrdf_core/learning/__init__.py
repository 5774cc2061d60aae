"""Training of networks: the loop, the data, and the files and the store that trained models are kept in.

Nothing here knows a loss or an architecture; those belong to the tasks, as `svbrdf_core.diffusion` has one.
"""
