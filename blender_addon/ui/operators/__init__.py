"""Operators, by which buttons and scripts call the session."""

from . import filling, guide, hole, results, service

CLASSES = (*hole.CLASSES, *guide.CLASSES, *filling.CLASSES, *results.CLASSES, *service.CLASSES)
