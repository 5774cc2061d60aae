"""Images of Blender: what they hold, their files, and new ones of repaired samples."""
