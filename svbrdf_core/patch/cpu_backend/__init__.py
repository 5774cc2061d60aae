"""The patch engine on the CPU, compiled by numba."""
