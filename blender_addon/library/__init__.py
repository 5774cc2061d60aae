"""A library of .blend files to repair: its files and masks, the Blender in the background, the report."""
