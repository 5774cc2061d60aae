"""A request on disk in, pictures on disk out: run alone by the Blender in the background, never by the user's."""
