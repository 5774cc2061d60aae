"""Bodies of requests and answers, of which the OpenAPI description is made.

What a repair can be asked for is described by the fields of `svbrdf_core.InpaintRequest` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

import svbrdf_core as sv

from ..jobs.common import State
from ..schema import Body, Digest, ShortText, model_of

Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Examples = Annotated[
    list[Id], Field(max_length=16, description="Ids of materials to copy from in place of the material itself.")
]
Light = Literal["flash", "sun", "studio", "sky"]
Number = Annotated[float, Field(allow_inf_nan=False)]


class NamedFile(Body):
    """A file of a material."""

    name: ShortText = Field(description="Its name, as in its folder: maps are told by it.")
    file: Digest


class SourceBody(Body):
    """How the files of a material are read; everything is found out where nothing is said."""


if not TYPE_CHECKING:
    one_file = (str, Field("", max_length=200, description="The one file that is the material; else all files are."))
    SourceBody = model_of(sv.LoadOptions, "SourceBody", base=SourceBody, instead={"path": one_file})


class MaterialFrame(Body):
    """A material to be."""

    name: ShortText = Field("material", description="What it is called, as its folder was.")
    source: SourceBody = Field(default_factory=SourceBody)


class MaterialBody(MaterialFrame):
    """Uploaded files that are one material."""

    files: list[NamedFile] = Field(min_length=1, max_length=4096)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "files": [
                        {"name": "bricks_diffuse.png", "file": "0" * 64},
                        {"name": "bricks_normal.png", "file": "1" * 64},
                    ],
                    "source": {"normal": "opengl"},
                }
            ]
        }
    )


class RootBody(MaterialFrame):
    """A material that lies in a folder the service was started with."""

    root: ShortText = Field(description="Name of the folder: the service was started with it.")
    folder: str = Field("", max_length=4000, description="The material's folder in it, with forward slashes.")


class JobBody(Body):
    """A job to be done: a material, a hole, and how to fill it."""

    material: Id | None = Field(None, description="Id of a material; or give a root.")
    root: RootBody | None = None
    examples: Examples = Field(default_factory=list)
    former: Id | None = Field(None, description="Id of a material: an earlier result, which is varied.")
    previews: bool = Field(True, description="Whether pictures are drawn on the way.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "material": "0" * 32,
                    "hole": {"masks": [{"shape": "circle:50%,50%,40"}]},
                    "method": {"name": "patch", "seed": 1},
                }
            ]
        }
    )

    @model_validator(mode="after")
    def _check_source(self) -> JobBody:
        if (self.material is None) == (self.root is None):
            raise ValueError("a job has one of material and root")
        return self


class RetryBody(Body):
    """What is different this time; all else is as it was.

    With masks only that part is filled anew, starting from the result, whose size stays unless a canvas is given too;
    an empty list of masks goes with a canvas for the result as it is. Another method has no settings of the old one.
    With ``method.from_step`` below 1 the result is varied.
    """

    variation: int = Field(
        1, ge=1, le=10_000, description="Which result to start from, if there are masks, or to vary."
    )
    examples: Examples = Field(default_factory=list)
    previews: bool = Field(True, description="Whether pictures are drawn on the way.")


if not TYPE_CHECKING:  # the rest of their fields is the request's own
    JobBody = model_of(sv.InpaintRequest, "JobBody", base=JobBody, root_files=True)
    RetryBody = model_of(sv.InpaintRequest, "RetryBody", base=RetryBody, partial=True)


class BatchBody(Body):
    """Jobs that are accepted together, or not at all."""

    name: ShortText = Field("batch", description="What it is called.")
    jobs: list[JobBody] = Field(min_length=1, max_length=10_000)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "floors",
                    "jobs": [
                        {
                            "root": {"root": "library", "folder": f"floors/{name}"},
                            "hole": {"masks": [{"path": f"masks/{name}.png"}]},
                        }
                        for name in ("oak", "slate")
                    ],
                }
            ]
        }
    )


class BatchRetryBody(Body):
    """Which jobs of a batch are done again."""

    states: list[Literal["failed", "interrupted", "cancelled"]] = Field(
        ["failed", "interrupted"], min_length=1, max_length=3
    )


class PlanBody(Body):
    """A folder of materials below a root, and where the mask of each is."""

    root: ShortText = Field(description="Name of the folder: the service was started with it.")
    library: str = Field("", max_length=4000, description="The folder of the materials in it, with forward slashes.")
    masks: str | None = Field(None, max_length=4000, description="The folder of the masks, in the same root.")
    shape: ShortText | None = Field(None, description="In place of masks, what makes one of each material: alpha, …")

    @model_validator(mode="after")
    def _check_masks(self) -> PlanBody:
        if (self.masks is None) == (self.shape is None):
            raise ValueError("a plan has one of masks and shape")
        return self


class RenderBody(Body):
    """A material, or the result of a job, and how it is looked at."""

    material: Id | None = None
    job: Id | None = None
    variation: int = Field(1, ge=1, le=10_000)
    light: Light = "studio"
    shape: Literal["plane", "sphere", "tiled"] = "plane"
    size: int = Field(512, ge=16, le=2048, description="Longest side, in pixels.")
    film: bool = Field(False, description="Whether highlights are compressed as on film.")
    relief: Number = Field(0.0, ge=0, le=100)
    turn: Number = Field(0.0, ge=-1000, le=1000)

    @model_validator(mode="after")
    def _check_source(self) -> RenderBody:
        if (self.material is None) == (self.job is None):
            raise ValueError("a picture is of one of material and job")
        return self


class Health(BaseModel):
    """That the service lives."""

    status: Literal["ok"] = "ok"


class RemedyView(BaseModel):
    """Something that can be done about what a sentence says."""

    kind: str = Field(description="What it is, for a surface that knows how it is done there: only, also, map, set, …")
    words: str = Field(description="The same in words that are true everywhere.")
    values: dict[str, str] = Field(description="What it is done with, such as the map and the file.")


class SentenceView(BaseModel):
    """A sentence, whole and in the parts of which a surface makes its own."""

    text: str
    fact: str = Field(description="What is the case; the whole text if nothing is advised.")
    remedies: list[RemedyView]


class MaterialView(BaseModel):
    """A material and what was understood of it."""

    id: str
    name: str
    height: int
    width: int
    maps: dict[str, Any]
    files: list[str]
    warnings: list[SentenceView]
    notes: list[SentenceView]


class ParentView(BaseModel):
    """The job that another is a retry of."""

    job: str
    variation: int | None = Field(description="Which of its results the retry starts from; null if it starts anew.")


class JobView(BaseModel):
    """A job as it is now."""

    id: str
    number: int
    state: State
    reason: SentenceView | None = Field(description="Why it ended as it did; null if there is nothing to say.")
    kind: str = Field(description="Of a failure: input, mask, fill, output, memory, worker or fault; else empty.")
    material: str
    parent: ParentView | None = Field(description="Of a retry; null of all else. That job may be gone.")
    batch: str | None = Field(description="The batch that it is of; null of one that was asked for alone.")
    row: int | None = Field(description="Its place in the batch, from 1; null if a later job has taken it.")
    hole: dict[str, Any]
    request: dict[str, Any]
    ahead: int = Field(description="Jobs that are done before, while it waits.")
    attempt: int
    created: float
    started: float | None
    finished: float | None
    progress: dict[str, Any] | None
    preview: int
    result: dict[str, Any] | None


class JobPage(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobView]
    next: int | None = Field(description="Give this as ?before= for more; null if there are no more.")


class BatchView(BaseModel):
    """A batch as it is now. Of each row the newest job counts."""

    id: str
    number: int
    name: str
    created: float
    size: int = Field(description="How many jobs were accepted; those that are in no state now were removed.")
    counts: dict[State, int] = Field(description="How many of its rows are in each state.")
    ended: bool = Field(description="Whether nothing of it waits or runs.")


class BatchPage(BaseModel):
    """Batches, the newest first."""

    batches: list[BatchView]
    next: int | None = Field(description="Give this as ?before= for more; null if there are no more.")


class BatchJobPage(BaseModel):
    """Jobs of a batch, in the order of its rows."""

    jobs: list[JobView]
    next: int | None = Field(description="Give this as ?after= for more; null if there are no more.")


class SeenMaterialView(BaseModel):
    """A material that a model was trained on."""

    name: str
    licence: str = Field(description="Of its files; empty if it was not told.")


class ModelView(BaseModel):
    """A model that the service has, and that a job may name like an uploaded file."""

    file: Digest
    name: str = Field(description="Of its file, to be given beside the digest.")
    bytes: int
    kind: str = Field(description="filler, denoiser or prior; a setting that takes a model says which in `models`.")
    task: str = Field(description="What it was trained for: glcic, attention, diffusion, …")
    methods: dict[str, str] = Field(description="The methods that take it, each with the path of the setting.")
    fits: dict[str, list[str]] = Field(
        description="What other settings beside that one must be, by their paths, for it to be taken."
    )
    maps: list[str] = Field(description="The maps that it knows; a material may have fewer.")
    channels: list[str] = Field(description="The same by channels, such as normal.0.")
    scale: int = Field(description="Pixels of a material along a side of one pixel that it was trained on.")
    steps: int | None = Field(description="Of its training; null if it does not say.")
    materials: list[SeenMaterialView] = Field(description="It was trained on, the first hundred; of fillers alone.")
    materials_seen: int = Field(description="How many these are in all.")


class RefusedModelView(BaseModel):
    """A file in the folders of models that is not offered."""

    name: str
    why: str


class ModelPage(BaseModel):
    """The models that lie in the service's folders now."""

    models: list[ModelView]
    refused: list[RefusedModelView]


class FolderPage(BaseModel):
    """Names of folders, the first thousand."""

    folders: list[str]


class PlanRow(BaseModel):
    """A material of a library."""

    name: str = Field(description="Its folder below the library.")
    mask: str | None = Field(description="Its mask in the folder of masks; null if there is none, or it is made.")
    why: str | None = Field(description="Why it cannot be filled; null if it can, as far as names tell.")
    job: dict[str, Any] | None = Field(description="What a batch has for it, to which a method and more may be added.")


class PlanView(BaseModel):
    """The materials of a library."""

    rows: list[PlanRow]


class ProblemView(BaseModel):
    """RFC 9457: what is wrong, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    sentence: SentenceView | None = Field(None, description="The same, where something can be done about it.")
