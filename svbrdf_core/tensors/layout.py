"""Channel layout: which channels of a material's tensor belong to which map."""

from __future__ import annotations

from dataclasses import dataclass

from svbrdf_core.tensors.maps import spec_of


@dataclass(frozen=True)
class ChannelLayout:
    """The order of maps in a tensor of shape ``(C, H, W)``.

    Attributes:
        names: map names in tensor order, no repeats.
        counts: channels of each map, same length.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.counts) or len(set(self.names)) != len(self.names):
            raise ValueError("names and counts must have equal length and names must not repeat")
        for name, count in zip(self.names, self.counts, strict=True):
            if count not in spec_of(name).channels:
                raise ValueError(f"{name} cannot have {count} channels")

    @property
    def n_channels(self) -> int:
        """The number of channels ``C`` of the tensor."""
        return sum(self.counts)

    def slice_of(self, name: str) -> slice:
        """Return the channel slice of a map.

        Raises:
            ValueError: the map is not in the layout.
        """
        at = self.names.index(name)
        start = sum(self.counts[:at])
        return slice(start, start + self.counts[at])
