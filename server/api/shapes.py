"""What requests and answers look like; the OpenAPI description is made of this."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

DIGEST = "^[0-9a-f]{64}$"
MASK_SHAPES = "^(rect|circle|polygon|key|brush):[^/\\\\]{1,4000}$|^(alpha|nan)$"
MAP_NAME = "^[^/\\\\\\x00-\\x1f]{1,200}$"

Digest = Annotated[str, Field(pattern=DIGEST, description="SHA-256 of an uploaded file's bytes, in small letters.")]
Short = Annotated[str, Field(min_length=1, max_length=200)]
MapName = Annotated[str, Field(pattern=MAP_NAME)]
Light = Literal["flash", "sun", "studio", "sky"]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Shape(BaseModel):
    """Anything that is sent: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Reading(Shape):
    """How the files of a material are to be understood; everything is found out where nothing is said."""

    name: Short = Field("material", description="What it is called, as its folder was.")
    roles: dict[MapName, Short] = Field(
        {}, max_length=64, description="Map to FILE or FILE:CHANNELS, e.g. {'roughness': 'orm.png:G'}."
    )
    set_name: Short | None = Field(None, description="Which set, where the files are of several.")
    only: list[MapName] | None = Field(None, max_length=64, description="Fill these maps alone.")
    also: list[MapName] = Field([], max_length=64, description="Further images to fill along.")
    normal: Literal["auto", "opengl", "directx"] = Field("auto", description="Convention of the normal map.")
    file: Short | None = Field(None, description="The one file that is the material: a strip, or a texture alone.")


class NewFile(Shape):
    """A file of a material."""

    name: Short = Field(description="Its name, as in its folder: maps are told by it.")
    file: Digest


class NewMaterial(Reading):
    """Uploaded files that are one material."""

    files: list[NewFile] = Field(min_length=1, max_length=4096)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "files": [
                        {"name": "bricks_diffuse.png", "file": "0" * 64},
                        {"name": "bricks_normal.png", "file": "1" * 64},
                    ],
                    "normal": "opengl",
                }
            ]
        }
    )


class FromRoot(Reading):
    """A material that lies in a folder the service was started with."""

    root: Short = Field(description="Name of the folder: svbrdf serve --root NAME=DIR.")
    folder: str = Field("", max_length=4000, description="The material's folder in it, with forward slashes.")


class MaskPart(Shape):
    """A part of a mask: an uploaded picture (white is the hole), a picture in the root, or a shape in words."""

    file: Digest | None = None
    name: Short | None = Field(None, description="The uploaded picture's name; its ending may tell the format.")
    path: str | None = Field(None, max_length=4000, description="Of a picture in the job's root.")
    shape: str | None = Field(None, pattern=MASK_SHAPES, description="e.g. rect:10,20,64,64 or circle:50%,50%,20.")

    @model_validator(mode="after")
    def _one(self) -> MaskPart:
        if sum(part is not None for part in (self.file, self.path, self.shape)) != 1:
            raise ValueError("a part of a mask is one of file, path and shape")
        return self


class Wish(Shape):
    """What is to be filled, and how."""

    mask: list[MaskPart] = Field(min_length=1, max_length=64, description="Together they are the hole.")
    forbid: list[MaskPart] = Field([], max_length=64, description="Where nothing may be copied from.")
    invert: bool = Field(False, description="Black is the hole.")
    grow: Number = Field(0, ge=-10_000, le=10_000, description="Pixels to grow the hole by.")
    feather: Number = Field(0, ge=0, le=10_000, description="Pixels of a soft rim outside the hole.")
    method: Short = Field("patch", description="See /v1/info.")
    settings: dict[str, JsonValue] = Field({}, max_length=64, description="Of the method; see /v1/info for its schema.")
    seed: int = Field(0, ge=0, le=2**53)
    variations: int = Field(1, ge=1, le=10_000)
    tileable: bool | None = Field(False, description="Whether the edges meet around; null finds out.")
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda)$")
    previews: bool = Field(True, description="Whether pictures are drawn on the way.")
    sheet: bool = Field(False, description="Whether to draw a sheet of before, after and difference.")
    source_map: bool = Field(False, description="Whether to draw where pixels were copied from.")


class NewJob(Wish):
    """A job to be done: a material, a hole, and how to fill it."""

    material: str | None = Field(None, pattern="^[0-9a-f]{32}$", description="Id of a material; or give a root.")
    root: FromRoot | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"material": "0" * 32, "mask": [{"shape": "circle:50%,50%,40"}], "method": "patch", "seed": 1}]
        }
    )

    @model_validator(mode="after")
    def _one_source(self) -> NewJob:
        if (self.material is None) == (self.root is None):
            raise ValueError("a job has one of material and root")
        return self


class Retry(Shape):
    """What is different this time; all else is as it was."""

    seed: int | None = Field(None, ge=0, le=2**53, description="None takes one that was not used.")
    variations: int | None = Field(None, ge=1, le=10_000)
    method: Short | None = None
    settings: dict[str, JsonValue] | None = Field(None, max_length=64)
    mask: list[MaskPart] | None = Field(
        None, min_length=1, max_length=64, description="Fill only this part anew, starting from the result."
    )
    variation: int = Field(1, ge=1, le=10_000, description="Which result to start from, if there is a mask.")


class NewRender(Shape):
    """A material, or the result of a job, and how it is looked at."""

    material: str | None = Field(None, pattern="^[0-9a-f]{32}$")
    job: str | None = Field(None, pattern="^[0-9a-f]{32}$")
    variation: int = Field(1, ge=1, le=10_000)
    light: Light = "studio"
    shape: Literal["plane", "sphere", "tiled"] = "plane"
    size: int = Field(512, ge=16, le=2048, description="Longest side, in pixels.")
    film: bool = Field(False, description="Whether highlights are compressed as on film.")
    relief: Number = Field(0.0, ge=0, le=100)
    turn: Number = Field(0.0, ge=-1000, le=1000)

    @model_validator(mode="after")
    def _one_source(self) -> NewRender:
        if (self.material is None) == (self.job is None):
            raise ValueError("a picture is of one of material and job")
        return self


class Health(BaseModel):
    """That the service lives."""

    status: Literal["ok"] = "ok"


class MaterialView(BaseModel):
    """A material and what was understood of it."""

    id: str
    name: str
    height: int
    width: int
    maps: dict[str, Any]
    files: list[str]
    warnings: list[str]


class JobView(BaseModel):
    """A job as it is now."""

    id: str
    number: int
    state: Literal["queued", "running", "cancelling", "done", "failed", "cancelled", "interrupted"]
    reason: str
    kind: str = Field(description="Of a failure: input, mask, fill, output, memory, worker or fault; else empty.")
    material: str
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


class ProblemView(BaseModel):
    """RFC 9457: what is wrong, and what to do."""

    type: str
    title: str
    status: int
    detail: str
