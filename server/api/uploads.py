"""Files and materials: everything that a job needs, sent once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from starlette.requests import ClientDisconnect

from ..data.blobs import DIGEST, Incoming, Mismatch
from ..data.decoding import DECODERS, Damaged, Decoder, Sink
from ..http.problems import Problem, no_room, not_found
from ..service import Service
from .intake import manifest_of, take_material
from .parts import FAULTS, PathId, TheService, check_room, material_view
from .shapes import MaterialBody, MaterialView

router = APIRouter(prefix="/v1", tags=["materials"], responses=FAULTS)
PIECE = 2**20
"""Bytes that are collected before they are decoded, hashed and written."""


@router.head("/files/{digest}", status_code=200, operation_id="has_file")
async def has_file(service: TheService, digest: PathId) -> Response:
    """Say whether a file is there already, so that it need not be sent again."""
    if not await service.threads.disk(service.blobs.has, digest):
        raise not_found("file")
    return Response()


@router.put(
    "/files/{digest}",
    status_code=201,
    operation_id="put_file",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_file(
    service: TheService,
    request: Request,
    response: Response,
    digest: PathId,
    content_encoding: Annotated[str, Header(max_length=40)] = "identity",
) -> dict[str, str]:
    """Take a file in under the SHA-256 of its bytes: an image or `.npy` array, a mask, a trained model.

    With `Content-Encoding: gzip` or `zstd` the bytes are sent compressed; the digest is of the plain ones. A file that
    is there already need not be sent: a later `POST /v1/materials` names what is missing.
    """
    if DIGEST.fullmatch(digest) is None:
        raise Problem(422, "digest", "The address ends in the SHA-256 of the file, 64 small hexadecimal digits.")
    coding = content_encoding.strip().lower()
    if coding not in DECODERS:
        raise Problem(415, "encoding", f"Send the file plain, or compressed with {' or '.join(sorted(DECODERS))}.")
    await check_room(service, int(request.headers.get("content-length", 0)))
    try:
        incoming = await service.threads.disk(service.blobs.start_upload, digest)
        with incoming:
            await _receive(service, request.stream(), DECODERS[coding], incoming)
            await service.threads.disk(incoming.keep)
    except Mismatch:
        raise Problem(422, "digest", "What arrived has another SHA-256 than the address says; send it again.") from None
    except Damaged:
        raise Problem(422, "encoding", f"What arrived is not {coding} as announced; send it again.") from None
    except ClientDisconnect:
        raise Problem(400, "broken-off", "The body ended before its announced end; send it again.") from None
    except OSError as error:
        raise no_room(error) from error
    service.size += incoming.size
    return {"file": digest}


@router.post(
    "/materials", status_code=201, response_model=MaterialView, operation_id="post_material",
    responses={200: {"model": MaterialView, "description": "It was known already."}},
)  # fmt: skip
async def post_material(service: TheService, wanted: MaterialBody, response: Response) -> MaterialView:
    """Make a material of uploaded files. Its id is made of its content: the same files are the same material.

    Answers 409 with `missing`, a list of digests, if files must be sent first.
    """
    service.warm_up()  # also when files are missing, which takes the client a while
    names, digests = [file.name for file in wanted.files], [file.file for file in wanted.files]
    manifest = await service.threads.disk(manifest_of, wanted, names, digests)
    view, new = await take_material(service, manifest)
    response.status_code = 201 if new else 200
    return view


@router.get("/materials/{material_id}", operation_id="get_material")
async def get_material(service: TheService, material_id: PathId) -> MaterialView:
    """Return a material and its maps."""
    view = await material_view(service, material_id)
    if view is None:
        raise not_found("material")
    return view


async def _receive(service: Service, pieces: AsyncIterator[bytes], decoder: Decoder, incoming: Incoming) -> None:
    """Take a body in; each piece is counted when it is there, so that none of several uploads at once is too much."""
    sink = Sink(incoming, service.settings.limits.file)
    decode = decoder(sink)
    held, counted = bytearray(), 0
    try:
        async for piece in pieces:
            held += piece
            if len(held) >= PIECE:
                full, held = bytes(held), bytearray()
                await service.threads.disk(decode.write, full)
                _check_size(sink, service)
                service.size += incoming.size - counted
                counted = incoming.size
                await check_room(service)
        await service.threads.disk(decode.write, bytes(held))
        await service.threads.disk(decode.close)
        _check_size(sink, service)
    finally:
        service.size -= counted


def _check_size(sink: Sink, service: Service) -> None:
    if sink.overflowed:
        raise Problem(413, "too-large", f"The file is larger than the {service.settings.limits.file} bytes taken here.")
