"""Filling a hole in all maps of a material, from the request to the files.

Names are imported when they are asked for: what writes files needs no engine, and what asks for a fill no files.
"""
