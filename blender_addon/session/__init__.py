"""The user's wishes in, changes of Blender's data out: what runs on Blender's main thread, pumped by ``timer.poll``."""
