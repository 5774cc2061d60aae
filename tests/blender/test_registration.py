"""The add-on can be enabled, disabled and enabled again, and leaves nothing behind."""

from __future__ import annotations

import addon_utils
import bpy

from tests.blender.helper import NAME


def ours() -> set[str]:
    kinds = (bpy.types.Panel, bpy.types.Operator, bpy.types.PropertyGroup, bpy.types.AddonPreferences)
    classes = {one for kind in kinds for one in kind.__subclasses__() if one.__module__.startswith(NAME)}
    return {one.__name__ for one in classes if one.is_registered}


def test_disabled_it_leaves_nothing() -> None:
    before = ours()
    assert before
    addon_utils.disable(NAME)
    assert not ours()
    assert not hasattr(bpy.types.Material, "svbrdf")
    addon_utils.enable(NAME)
    assert ours() == before
