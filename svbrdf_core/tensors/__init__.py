"""Arithmetic of maps as arrays that every engine shares: scales, pyramids, sparse solves, samples, torus, colour."""
