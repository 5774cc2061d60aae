"""Bytes and names come in, checked; files that nobody can half see and materials made of them go out."""
