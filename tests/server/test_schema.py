"""The service is asked everything that its own description allows, and much that it does not, by schemathesis."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.server import odd_files as odd
from tests.server.running import PATIENCE, Running, service, until
from tests.server.sending import ended, job, made, quiet

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENDS = {"stop"}
"""Operations that end the service."""
COSTS = {"release", "render", "post_material"}
"""Operations of which a few examples do: they start processes."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a service that has a material and a job."""
    root = tmp_path_factory.mktemp("root")
    (root / "folder").mkdir()
    limits = ("pixels=1000000", "file=4000000", "variations=2")
    options = [text for limit in limits for text in ("--limit", limit)]
    with service(tmp_path_factory.mktemp("schema"), "--root", f"root={root}", *options) as running:
        yield running


@pytest.fixture(scope="module")
def known(asked: Running) -> dict[str, str]:
    """Return path parameters that exist."""
    material_id = made(asked, {"diffuse.png": odd.png()})
    done = ended(asked, job(asked, material_id, "rect:8,8,8,8"))
    wish = {"material": material_id, "hole": {"masks": [{"shape": "rect:8,8,8,8"}]}}
    batch = asked.post("/v1/batches", {"jobs": [wish]}).json()["id"]
    until(lambda: asked.request("GET", f"/v1/batches/{batch}").json()["ended"])
    return {
        "material_id": material_id, "job_id": done["id"], "batch_id": batch, "name": "diffuse",
        "path": "maps/diffuse.png", "root": "root",
    }  # fmt: skip


def operations(run: Running) -> list[APIOperation[Any, Any, Any, Any]]:
    """Return what the description says can be asked."""
    schema = schemathesis.openapi.from_url(f"{run.url}/v1/openapi.json", headers=authorised(run))
    results = list(schema.get_all_operations())
    found = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(found) == len(results)  # nothing of the description is malformed
    return [operation for operation in found if name_of(operation) not in ENDS]


def authorised(run: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {run.token}"}


def name_of(operation: APIOperation[Any, Any, Any, Any]) -> str:
    return str(operation.definition.raw["operationId"])


def asks(run: Running, operation: APIOperation[Any, Any, Any, Any], known: dict[str, str], how: settings) -> None:
    """Ask one thing in many ways: as described, not as described, and about things that exist."""
    mine = {name: known[name] for name in known if f"{{{name}}}" in operation.path or f"{{{name}:" in operation.path}
    deletes = operation.method.lower() == "delete"
    modes = st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE])

    @how
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(data.draw(modes)))
        if mine and not deletes and data.draw(st.booleans()):
            case.path_parameters = {**(case.path_parameters or {}), **mine}
        case.call_and_validate(base_url=run.url, headers=authorised(run), checks=CHECKS, timeout=PATIENCE)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # schemathesis leaves its sessions to the garbage collector
        ask()


@pytest.mark.parametrize("many", [1, pytest.param(20, marks=pytest.mark.stress)])
def test_every_answer_is_as_described(asked: Running, known: dict[str, str], many: int) -> None:
    faults = []
    with quiet(asked):
        for operation in operations(asked):
            count = (4 if name_of(operation) in COSTS else 25) * many
            how = settings(
                max_examples=count,
                derandomize=many == 1,
                database=None,
                deadline=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            try:
                asks(asked, operation, known, how)
            except (Failure, FailureGroup) as error:
                faults.append(f"{operation.label}: {error} {[str(one) for one in getattr(error, 'exceptions', ())]}")
    assert not faults, "\n".join(faults)


def test_everything_has_a_name_an_example_or_a_word(asked: Running) -> None:
    for operation in operations(asked):
        raw = operation.definition.raw
        assert raw["operationId"] and raw["description"] and raw["tags"]
    schemas = asked.request("GET", "/v1/openapi.json").json()["components"]["schemas"]
    assert schemas["JobBody"]["examples"] and schemas["MaterialBody"]["examples"]
    assert "HTTPValidationError" not in schemas  # errors are problems


def test_the_description_tells_every_kind_of_problem(asked: Running, known: dict[str, str]) -> None:
    described = asked.request("GET", "/v1/openapi.json").json()["paths"]
    for operations_of in described.values():
        for operation in operations_of.values():
            for status in ("400", "401", "403", "404", "413", "414", "415", "422", "500", "503", "507"):
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
    path = f"/v1/materials/{known['material_id']}/maps/diffuse"
    answer = asked.request("GET", path, accept="text/html")
    assert answer.status == 406 and answer.headers["content-type"] == "application/problem+json"
    assert asked.request("GET", "/v1/jobs?" + "a" * 3000).status == 414
