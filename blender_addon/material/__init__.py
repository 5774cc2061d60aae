"""Materials of Blender: their maps, and the repaired images that they show until those are reverted or kept."""
