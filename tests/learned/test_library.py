"""Examples of a library: holes, starts, missing maps, and the losses made for materials."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from svbrdf_core.learned.library import begin, discount, drop_maps, lay_membrane, make_examples
from svbrdf_core.learned.losses import coherence_error, rendering_error
from svbrdf_core.render import nine_views
from svbrdf_core.tensors.sparse import stretch_membrane
from tests.learned.made import GROUPS, exemplar, settings, spec_of, task_of


def batch(count: int = 2) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    values = torch.from_numpy(exemplar().picture.values[:, :32, :32])
    hole = torch.zeros(count, 1, 32, 32)
    hole[..., 10:20, 8:24] = 1
    known = torch.ones_like(hole)
    known[..., :4] = 0
    return values[None].expand(count, -1, -1, -1) * known, known, hole


def test_what_is_shown_and_what_counts() -> None:
    x0, known, hole = batch()
    present = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 0, 1]], dtype=torch.float32)
    examples = make_examples((x0, known, hole), [0, 0], present, "hole")
    assert (examples.shown.values[hole.expand(-1, 5, -1, -1) > 0] == 0).all()
    assert (examples.shown.values[0, 4] == 0).all()
    assert (examples.shown.known[0, 4] == 0).all()
    assert (examples.inside[0, 4] == 0).all()
    assert (examples.inside[1, 4] == (hole * known)[1, 0]).all()
    assert (examples.shown.known[..., :4] == 0).all()


@pytest.mark.parametrize("start", ["mosaic", "membrane"])
def test_starts_fill_the_hole_alone(start: str) -> None:
    x0, known, hole = batch()
    here = torch.ones(2, 5, 1, 1)
    seen = known * (1 - hole) * torch.ones(2, 5, 1, 1)
    found = begin(x0, seen, hole, here, start)  # type: ignore[arg-type]
    assert (found[seen > 0] == x0[seen > 0]).all()
    inside = (hole * known).expand_as(x0) > 0
    assert found[inside].abs().min() > 0
    assert found[inside].std() < 0.8 * x0[inside].std()
    if start == "membrane":
        spoiled = torch.where(hole > 0, 1e6, x0)
        assert (begin(spoiled, seen, hole, here, "membrane") == found).all(), "the truth does not show through"


def test_the_membrane_is_that_of_poisson() -> None:
    x0, _, hole = batch(1)
    seen = (1 - hole).expand_as(x0)
    smooth = torch.nn.functional.avg_pool2d(x0, 5, 1, 2)
    found = lay_membrane(smooth * seen, seen)[0]
    mask = hole[0, 0].numpy() > 0
    wanted = stretch_membrane(smooth[0].numpy(), mask, (False, False))
    assert np.abs(found.numpy()[:, mask] - wanted).max() < 0.05 * float(smooth.std())


def test_the_discount_is_a_power_of_the_distance_to_what_is_known() -> None:
    hole = torch.zeros(1, 1, 9, 9)
    hole[..., 2:7, 2:7] = 1
    found = discount(hole, 0.9)[0, 0]
    assert found[4, 4].item() == pytest.approx(0.9**3)
    assert found[4, 2].item() == pytest.approx(0.9)
    assert found[0, 0] == 1


def test_maps_are_dropped_whole_and_one_stays() -> None:
    rng = np.random.default_rng(0)
    present = np.tile(exemplar(lacks=(4,)).present, (500, 1))
    left = drop_maps(present, GROUPS, 0.5, rng)
    assert (left <= present).all()
    assert (left.any(1)).all()
    for group in GROUPS:
        assert (left[:, list(group)].all(1) == left[:, list(group)].any(1)).all()
    assert 0.1 < (left[:, 3] == 0).mean() < 0.4


def test_the_error_of_renderings_is_zero_at_the_truth_and_grows_away_from_it() -> None:
    x0, known, hole = batch()
    one = exemplar()
    examples = make_examples((x0, known, hole), [0, 0], torch.ones(2, 5), "hole")
    views = nine_views()[:2]
    assert rendering_error(examples, x0, [one], views).abs().max() < 1e-6
    near, far = (rendering_error(examples, x0 + by, [one], views) for by in (0.2, 1.0))
    assert (0 < near).all()
    assert (near < far).all()
    painted = (x0 + 0.5).requires_grad_()
    (gradient,) = torch.autograd.grad(rendering_error(examples, painted, [one], views).sum(), painted)
    assert (gradient[:, :4][examples.inside[:, :4] > 0] != 0).float().mean() > 0.9
    assert (gradient[examples.inside == 0] == 0).all()


def test_edges_that_are_not_shared_cost() -> None:
    x0, known, hole = batch()
    examples = make_examples((x0, known, hole), [0, 0], torch.ones(2, 5), "hole")
    torch.manual_seed(0)
    right = coherence_error(examples, x0, GROUPS)
    torn = x0.clone()
    torn[:, 3:] = torch.randn_like(torn[:, 3:])
    assert (coherence_error(examples, torn, GROUPS) > right + 0.02).all()


def test_a_material_is_restored_in_its_own_units() -> None:
    one = exemplar(lacks=(4,))
    maps = one.restore(torch.from_numpy(one.picture.values))
    assert maps.shape == (1, 4, 64, 64)
    np.testing.assert_allclose(maps[0, 3].numpy(), one.picture.values[3] * 0.15 + 0.5, rtol=1e-5)


def test_a_batch_names_its_materials() -> None:
    wanted = settings("glcic", batch_size=16, map_dropout=0.0)
    task = task_of(wanted)
    examples = task.draw(task.init(spec_of(wanted), "cpu"), 16)
    lacking = [not bool(examples.shown.known[n, 4].any()) for n in range(16)]
    assert lacking == [source == 1 for source in examples.sources]
    assert 0 < sum(lacking) < 16
