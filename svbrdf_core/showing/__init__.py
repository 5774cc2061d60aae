"""A material comes in; a picture of it, of one of its maps or under a light, goes out."""

from svbrdf_core.showing.pictures import Picture, View, around, hole_in, reduced_map, whole

__all__ = ["Picture", "View", "around", "hole_in", "reduced_map", "whole"]
