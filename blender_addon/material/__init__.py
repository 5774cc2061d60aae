"""A material comes in, its maps go out; and repaired images come in, the material shows them until revert or keep."""
