"""The data folder: uploads, materials, names and roots."""
