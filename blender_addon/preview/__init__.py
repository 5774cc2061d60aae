"""A material as it is and which images replaced which in; pictures before, after and their difference out."""
