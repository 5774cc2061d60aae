"""Finished results come in; files that appear together, or not at all, go out."""

from svbrdf_core.publishing.outputs import check_folder, check_picture
from svbrdf_core.publishing.results import publish_results
from svbrdf_core.publishing.staged import copies, pictures, publish, save_variations, staging

__all__ = [
    "check_folder",
    "check_picture",
    "copies",
    "pictures",
    "publish",
    "publish_results",
    "save_variations",
    "staging",
]
