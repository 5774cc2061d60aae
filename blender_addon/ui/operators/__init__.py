"""Operators, by which buttons and scripts call the session."""

from . import filling, guide, hole, library, results, service

CLASSES = (*hole.CLASSES, *guide.CLASSES, *filling.CLASSES, *results.CLASSES, *library.CLASSES, *service.CLASSES)
