"""Previews of a repaired material: before, after and their difference, drawn by a Blender in the background."""
