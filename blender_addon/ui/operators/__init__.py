"""Clicks and lines of scripts in, calls of the session out."""

from . import box, filling, hole, maps, pictures, results, service

CLASSES = (
    *hole.CLASSES,
    *box.CLASSES,
    *filling.CLASSES,
    *maps.CLASSES,
    *pictures.CLASSES,
    *results.CLASSES,
    *service.CLASSES,
)
