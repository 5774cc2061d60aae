"""What all tests share: how long one example of a property may take."""

from __future__ import annotations

from hypothesis import settings

# The usual 0.2 s is soon over when another part of the tests has the processor; a loop without an end is still noticed.
settings.register_profile("beside", deadline=5000)
settings.load_profile("beside")
