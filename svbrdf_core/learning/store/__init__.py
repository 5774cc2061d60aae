"""Bytes of a trained model come in under a key; they come out again when the same material is met.

They lie in a folder of bounded size. Nothing here knows what a model is: this layer reads only the header of its file.
"""

from svbrdf_core.learning.store.cache import LIMIT, VARIABLE, Cache, Entry, Found, default
from svbrdf_core.learning.store.content import Blocks, Json, blocks_of, content_of, key_of

__all__ = [
    "LIMIT",
    "VARIABLE",
    "Blocks",
    "Cache",
    "Entry",
    "Found",
    "Json",
    "blocks_of",
    "content_of",
    "default",
    "key_of",
]
