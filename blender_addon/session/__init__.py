"""The session of the user, on Blender's main thread, pumped by ``timer.poll``: fills begun, applied and kept."""
