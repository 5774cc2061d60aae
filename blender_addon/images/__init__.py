"""An image of Blender comes in, a Source goes out; and a repaired Source comes in, a new image goes out."""
