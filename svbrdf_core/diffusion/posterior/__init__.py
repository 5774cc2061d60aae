"""Solvers of inverse problems with an unconditional denoiser: a step each, from the posterior of what is known.

A conditional network was shown holes when it was trained. These need none of that: what is known comes in while
sampling. Each step takes levels of any scale, pictures of any channels, and any `Denoiser`.
"""
