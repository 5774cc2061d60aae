"""Store of trained models in a folder of bounded size, found again when the same material is met.

Nothing here knows what a model is: this layer reads only the header of its file.
"""

from svbrdf_core.learning.store.cache import LIMIT, VARIABLE, Entry, ModelStore, StoredModel, open_store
from svbrdf_core.learning.store.content import Blocks, digest_content, list_blocks, make_key

__all__ = [
    "LIMIT",
    "VARIABLE",
    "Blocks",
    "Entry",
    "ModelStore",
    "StoredModel",
    "digest_content",
    "list_blocks",
    "make_key",
    "open_store",
]
