"""Compiled loops of the patch engine: distances of patches, searches for better sources, votes, an index of patches.

Conventions shared by all kernels:

* An image is float32 ``(H + 2 R, (W + 2 R) * C)``: padded by the patch radius ``R``, channels of a pixel side by side,
  so that one row of a patch is one run of memory. The patch centred on pixel ``(y, x)`` starts at ``[y, x * C]``.
* A field is two int32 arrays ``(H, W)`` (source row and column of the patch centred there) and a float32 array of
  squared distances. Kernels read one field and write another (Jacobi), so the order of threads does not matter and the
  same seed gives the same field on any number of cores.
* The cost of a source is its patch distance times a weight, plus a price, both its own. They come as ``bias``, float32
  ``(H, W, 3)`` over the centres of source patches: weight, price and 1 / weight, side by side so that a source's lie in
  one line of the cache. Its type is one without contiguity: `backend.unit_bias` repeats one source's for all, in no
  memory, and needs no kernels of its own. At weight 1 and price 0 the cost is the distance, bit by bit.
* Random numbers are a hash of pixel, seed and draw, not a stream.

They share one module because numba's disk cache watches a kernel's own file only.
"""

from __future__ import annotations

import math

import numpy as np

from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.jit import kernel

R = 3
"""Patch radius; a patch is 7 x 7 (Newson et al. 2017, section 4)."""
PATCH = 2 * R + 1
FAR = np.float32(1e30)
"""The cost of a patch that has no source yet."""
WEIGHT, PRICE, INVERSE = 0, 1, 2
"""Where these stand in a bias."""


@kernel()
def scramble(x: np.uint32) -> np.uint32:
    """Return a well-mixed 32-bit hash (the finaliser constants are those of C. Wellons' hash prospector)."""
    x = np.uint32(x ^ (x >> np.uint32(16)))  # each step is cut back to 32 bits: numba's integers widen
    x = np.uint32(x * np.uint32(0x7FEB352D))
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x * np.uint32(0x846CA68B))
    return np.uint32(x ^ (x >> np.uint32(16)))


@kernel()
def _seed_at(y: int, x: int, seed: int) -> np.uint32:
    return scramble(np.uint32(np.uint32(y * 73856093) ^ np.uint32(x * 19349663) ^ np.uint32(seed)))


@kernel()
def _next(state: np.uint32) -> np.uint32:
    return scramble(np.uint32(state + np.uint32(0x9E3779B9)))


@kernel(fastmath=True)
def _distance(
    target: Floats, source: Floats, ty: int, tx: int, sy: int, sx: int, channels: int, best: np.float32
) -> np.float32:
    n = PATCH * channels
    total = np.float32(0)
    for i in range(PATCH):
        a = target[ty + i, tx * channels : tx * channels + n]
        b = source[sy + i, sx * channels : sx * channels + n]
        row = np.float32(0)
        for k in range(n):
            d = a[k] - b[k]
            row += d * d
        total += row
        if total >= best:
            return total
    return total


@kernel(inline=True)
def _cost(
    target: Floats,
    source: Floats,
    bias: Floats,
    ty: int,
    tx: int,
    sy: int,
    sx: int,
    channels: int,
    best: np.float32,
) -> np.float32:
    """Return what a source costs, or ``best`` if that is less: the sum of squares stops where it comes to as much."""
    limit = (best - bias[sy, sx, PRICE]) * bias[sy, sx, INVERSE]
    distance = _distance(target, source, ty, tx, sy, sx, channels, limit)
    return distance * bias[sy, sx, WEIGHT] + bias[sy, sx, PRICE] if distance < limit else best


@kernel()
def _weights_at(known: Floats, y: int, x: int, channels: int) -> Floats:
    weights = np.empty(PATCH * PATCH * channels, np.float32)
    for i in range(PATCH):
        for j in range(PATCH):
            at = (i * PATCH + j) * channels
            for c in range(channels):
                weights[at + c] = known[y + i, x + j]
    return weights


@kernel(fastmath=True)
def _known_distance(
    target: Floats, source: Floats, weights: Floats, ty: int, tx: int, sy: int, sx: int, channels: int, best: np.float32
) -> np.float32:
    n = PATCH * channels
    total = np.float32(0)
    for i in range(PATCH):
        a = target[ty + i, tx * channels : tx * channels + n]
        b = source[sy + i, sx * channels : sx * channels + n]
        w = weights[i * n : i * n + n]
        row = np.float32(0)
        for k in range(n):
            d = a[k] - b[k]
            row += w[k] * d * d
        total += row
        if total >= best:
            return total
    return total


@kernel(inline=True)
def _known_cost(
    target: Floats,
    source: Floats,
    bias: Floats,
    weights: Floats,
    ty: int,
    tx: int,
    sy: int,
    sx: int,
    channels: int,
    best: np.float32,
) -> np.float32:
    limit = (best - bias[sy, sx, PRICE]) * bias[sy, sx, INVERSE]
    distance = _known_distance(target, source, weights, ty, tx, sy, sx, channels, limit)
    return distance * bias[sy, sx, WEIGHT] + bias[sy, sx, PRICE] if distance < limit else best


@kernel(over=("ys", "xs"))
def measure(
    target: Floats,
    source: Floats,
    bias: Floats,
    channels: int,
    ys: Ints,
    xs: Ints,
    rows: Ints,
    cols: Ints,
    cost: Floats,
) -> None:
    """Write what every target's present source costs into ``cost``."""
    for t in range(ys.shape[0]):
        y, x = ys[t], xs[t]
        cost[y, x] = _cost(target, source, bias, y, x, rows[y, x], cols[y, x], channels, FAR)


@kernel(over=("ys", "xs"))
def sweep(
    target: Floats,
    source: Floats,
    bias: Floats,
    channels: int,
    ys: Ints,
    xs: Ints,
    is_target: Bools,
    valid: Bools,
    rows: Ints,
    cols: Ints,
    cost: Floats,
    new_rows: Ints,
    new_cols: Ints,
    new_cost: Floats,
    step: int,
    radius: int,
    seed: int,
    wrap_y: bool,
    wrap_x: bool,
) -> None:
    """Do one PatchMatch iteration: propagation from neighbours 1 and ``step`` away, then random search.

    After Barnes et al. 2009, sections 3.2 and 3.3, with all pixels updated at once from the previous field and the
    farther neighbours of the jump-flooding variants; the random radius starts at ``radius`` and is halved to 1.
    """
    height, width = is_target.shape
    source_height, source_width = valid.shape
    for t in range(ys.shape[0]):
        y, x = ys[t], xs[t]
        best_y, best_x, best = rows[y, x], cols[y, x], cost[y, x]
        state = _seed_at(y, x, seed)
        k, reach = 0, radius
        while k < 8 or reach >= 1:  # one loop for both, for each place that compares takes as long to compile
            if k < 8:
                away = 1 if k < 4 else step
                dy = (-away if k % 4 == 0 else away) if k % 4 < 2 else 0
                dx = (-away if k % 4 == 2 else away) if k % 4 >= 2 else 0
                k += 1
                qy, qx = y + dy, x + dx
                if wrap_y:
                    qy %= height
                if wrap_x:
                    qx %= width
                if qy < 0 or qx < 0 or qy >= height or qx >= width or not is_target[qy, qx]:
                    continue
                sy, sx = rows[qy, qx] - dy, cols[qy, qx] - dx
            else:
                state = _next(state)
                sy = best_y + int(state % np.uint32(2 * reach + 1)) - reach
                state = _next(state)
                sx = best_x + int(state % np.uint32(2 * reach + 1)) - reach
                reach //= 2
            if sy < 0 or sx < 0 or sy >= source_height or sx >= source_width or not valid[sy, sx]:
                continue
            if sy == best_y and sx == best_x:
                continue
            d = _cost(target, source, bias, y, x, sy, sx, channels, best)
            if d < best:
                best, best_y, best_x = d, sy, sx
        new_rows[y, x], new_cols[y, x], new_cost[y, x] = best_y, best_x, best


@kernel(fastmath=True)
def _lower_bounds(
    products: Floats, own: np.float32, squares: Floats, rounding: np.float32, weight: Floats, price: Floats, out: Floats
) -> np.float32:
    """Write the least that each source may cost, and return the least of these."""
    least = FAR
    for s in range(squares.shape[0]):
        slack = rounding * (own + squares[s])
        out[s] = (own + products[s] - slack) * weight[s] + price[s]
        least = min(least, out[s])
    return least


@kernel()
def choose_cheapest(
    target: Floats,
    source: Floats,
    bias: Floats,
    known: Floats,
    channels: int,
    ys: Ints,
    xs: Ints,
    source_ys: Ints,
    source_xs: Ints,
    products: Floats,
    own: Floats,
    squares: Floats,
    rounding: np.float32,
    weight: Floats,
    price: Floats,
    rows: Ints,
    cols: Ints,
    cost: Floats,
) -> None:
    """Give every target the cheapest of the listed sources by its known pixels, if that is cheaper than what it has.

    The squared distance of target ``t`` to source ``s`` is ``own[t] + products[t, s]``, off by ``rounding * (own[t] +
    squares[s])`` at most; those that could be the cheapest by that are compared exactly, in their order.
    """
    low = np.empty(squares.shape[0], np.float32)
    for t in range(ys.shape[0]):
        y, x = ys[t], xs[t]
        best_y, best_x, best = rows[y, x], cols[y, x], cost[y, x]
        least = _lower_bounds(products[t], own[t], squares, rounding, weight, price, low)
        if least >= best:
            continue
        first = 0
        while low[first] != least:
            first += 1
        bound = best
        for k in range(-1, low.shape[0]):  # that source, for what it costs, and then all that may cost less
            s = first if k < 0 else k
            if k >= 0 and (low[s] >= best or low[s] > bound):
                continue
            sy, sx = source_ys[s], source_xs[s]
            d = _known_cost(target, source, bias, known[t], y, x, sy, sx, channels, best)
            if k < 0:
                bound = d
            elif d < best:
                best, best_y, best_x = d, sy, sx
        rows[y, x], cols[y, x], cost[y, x] = best_y, best_x, best


@kernel(over=("ys", "xs"))
def search_ring(
    target: Floats,
    source: Floats,
    bias: Floats,
    known: Floats,
    channels: int,
    ys: Ints,
    xs: Ints,
    has_source: Bools,
    valid: Bools,
    source_ys: Ints,
    source_xs: Ints,
    rows: Ints,
    cols: Ints,
    cost: Floats,
    new_rows: Ints,
    new_cols: Ints,
    new_cost: Floats,
    draws: int,
    seed: int,
    wrap_y: bool,
    wrap_x: bool,
) -> None:
    """Do one search round of the onion peel: the 5 x 5 neighbourhood, ``draws`` random sources, a local search."""
    height, width = has_source.shape
    source_height, source_width = valid.shape
    for t in range(ys.shape[0]):
        y, x = ys[t], xs[t]
        best_y, best_x, best = rows[y, x], cols[y, x], cost[y, x]
        weights = _weights_at(known, y, x, channels)
        state = _seed_at(y, x, seed)
        k, reach = 0, 16
        while reach >= 1:  # one loop for all, for each place that compares takes as long to compile
            if k < 25:
                dy, dx = k // 5 - 2, k % 5 - 2
                k += 1
                qy, qx = y + dy, x + dx
                if wrap_y:
                    qy %= height
                if wrap_x:
                    qx %= width
                if qy < 0 or qx < 0 or qy >= height or qx >= width or not has_source[qy, qx]:
                    continue
                sy, sx = rows[qy, qx] - dy, cols[qy, qx] - dx
            elif k < 25 + draws:
                k += 1
                state = _next(state)
                s = int(state % np.uint32(source_ys.shape[0]))
                sy, sx = source_ys[s], source_xs[s]
            else:
                state = _next(state)
                sy = best_y + int(state % np.uint32(2 * reach + 1)) - reach
                state = _next(state)
                sx = best_x + int(state % np.uint32(2 * reach + 1)) - reach
                reach //= 2
            if sy < 0 or sx < 0 or sy >= source_height or sx >= source_width or not valid[sy, sx]:
                continue
            if sy == best_y and sx == best_x:
                continue
            d = _known_cost(target, source, bias, weights, y, x, sy, sx, channels, best)
            if d < best:
                best, best_y, best_x = d, sy, sx
        new_rows[y, x], new_cols[y, x], new_cost[y, x] = best_y, best_x, best


@kernel(over=("hole_ys", "hole_xs", "out"))
def vote(
    source: Floats,
    channels: int,
    hole_ys: Ints,
    hole_xs: Ints,
    is_target: Bools,
    rows: Ints,
    cols: Ints,
    cost: Floats,
    quantile: float,
    wrap_y: bool,
    wrap_x: bool,
    out: Floats,
) -> None:
    """Write each hole pixel's mean over the patches that cover it, weighted by exp(-d / 2 s^2).

    Newson et al. 2017, section 3.2 (reconstruction): ``s^2`` is the given quantile of the pixel's own distances.
    Pixels that no matched patch covers keep the value ``out`` has on entry.
    """
    height, width = is_target.shape
    distances = np.empty(PATCH * PATCH, np.float32)
    largest = np.empty(PATCH * PATCH, np.float32)
    at_y = np.empty(PATCH * PATCH, np.int32)
    at_x = np.empty(PATCH * PATCH, np.int32)
    mean = np.empty(channels, np.float32)
    for t in range(hole_ys.shape[0]):
        n = 0
        for i in range(-R, R + 1):
            qy = hole_ys[t] + i
            if wrap_y:
                qy %= height
            if qy < 0 or qy >= height:
                continue
            for j in range(-R, R + 1):
                qx = hole_xs[t] + j
                if wrap_x:
                    qx %= width
                if qx < 0 or qx >= width or not is_target[qy, qx] or cost[qy, qx] >= FAR:
                    continue
                distances[n] = cost[qy, qx]
                at_y[n] = rows[qy, qx] - i + R
                at_x[n] = (cols[qy, qx] - j + R) * channels
                n += 1
        if n == 0:
            continue
        kept = n - min(n - 1, int(quantile * n))  # the quantile is the smallest of the `kept` largest
        for k in range(kept):
            largest[k] = np.float32(-1)
        for k in range(n):
            if distances[k] > largest[kept - 1]:
                q = kept - 1
                while q > 0 and largest[q - 1] < distances[k]:
                    largest[q] = largest[q - 1]
                    q -= 1
                largest[q] = distances[k]
        scale = np.float32(-0.5) / max(largest[kept - 1], np.float32(1e-6))
        total = np.float32(0)
        for c in range(channels):
            mean[c] = np.float32(0)
        for k in range(n):
            weight = np.float32(math.exp(np.float32(distances[k] * scale)))
            total += weight
            pixel = source[at_y[k], at_x[k] : at_x[k] + channels]
            for c in range(channels):
                mean[c] += weight * pixel[c]
        for c in range(channels):
            out[t, c] = mean[c] / total


@kernel(over=("ys", "xs"), fastmath=True)
def project(image: Floats, channels: int, ys: Ints, xs: Ints, directions: Floats, offset: Floats) -> Floats:
    """Return the descriptors ``(N, K)`` of the patches centred on ``(ys, xs)``: directions @ patch - offset."""
    n, k = ys.shape[0], directions.shape[0]
    run = PATCH * channels
    out = np.empty((n, k), np.float32)
    for t in range(n):
        patch = np.empty(PATCH * run, np.float32)  # in one piece: K long sums are faster than 7 K short ones
        for i in range(PATCH):
            row = image[ys[t] + i, xs[t] * channels : xs[t] * channels + run]
            for r in range(run):  # a slice that is assigned to brings seconds of compiling for its error message
                patch[i * run + r] = row[r]
        for j in range(k):
            direction = directions[j]
            total = np.float32(0)
            for r in range(PATCH * run):
                total += patch[r] * direction[r]
            out[t, j] = total - offset[j]
    return out


@kernel(fastmath=True)
def _descriptor_distances(query: Floats, others: Floats, first: int, last: int, out: Floats) -> None:
    """Write the squared distances of ``query`` ``(K,)`` to the columns ``first..last`` of ``others`` ``(K, M)``."""
    count = last - first
    for m in range(count):
        out[m] = 0
    for k in range(query.shape[0]):
        value, row = query[k], others[k, first:last]
        for m in range(count):
            d = value - row[m]
            out[m] += d * d


@kernel(over=("descriptors",))
def assign(descriptors: Floats, centres: Floats) -> Ints:
    """Return the number of the nearest of the centres ``(K, L)`` for each descriptor ``(N, K)``, int32 ``(N,)``."""
    count = centres.shape[1]
    out = np.empty(descriptors.shape[0], np.int32)
    distances = np.empty(count, np.float32)
    for t in range(descriptors.shape[0]):
        _descriptor_distances(descriptors[t], centres, 0, count, distances)
        nearest = 0
        for c in range(1, count):
            if distances[c] < distances[nearest]:
                nearest = c
        out[t] = nearest
    return out


@kernel(over=("ys", "xs", "queries"))
def look_up(
    target: Floats,
    source: Floats,
    bias: Floats,
    channels: int,
    ys: Ints,
    xs: Ints,
    queries: Floats,
    centres: Floats,
    starts: Ints,
    members: Floats,
    member_ys: Ints,
    member_xs: Ints,
    rows: Ints,
    cols: Ints,
    cost: Floats,
    probes: int,
    keep: int,
) -> None:
    """Improve each target by the index: the ``keep`` nearest of the nearest ``probes`` lists, measured in full.

    ``centres`` is ``(K, L)`` and ``members`` ``(K, M)``, so that distances are computed many at a time. The lists are
    searched one after the other, each for all targets that it may hold something for: so it is in the cache.
    """
    count, of_lists = ys.shape[0], centres.shape[1]
    to_centre = np.empty(of_lists, np.float32)
    near = np.empty(probes, np.float32)
    lists = np.zeros((count, probes), np.int32)
    ends = np.zeros(of_lists + 1, np.int32)
    for t in range(count):
        _descriptor_distances(queries[t], centres, 0, of_lists, to_centre)
        for p in range(probes):
            near[p] = FAR
        for c in range(of_lists):  # written out twice: a call for each number costs more than the sorting
            d = to_centre[c]
            if d < near[probes - 1]:
                q = probes - 1
                while q > 0 and near[q - 1] > d:
                    near[q], lists[t, q] = near[q - 1], lists[t, q - 1]
                    q -= 1
                near[q], lists[t, q] = d, c
        for p in range(probes):
            ends[lists[t, p] + 1] += 1
    longest = 0
    for c in range(of_lists):
        ends[c + 1] += ends[c]
        longest = max(longest, starts[c + 1] - starts[c])
    order = np.empty(count * probes, np.int32)  # the targets by their lists
    for t in range(count):
        for p in range(probes):
            order[ends[lists[t, p]]] = t
            ends[lists[t, p]] += 1
    to_member = np.empty(longest, np.float32)
    kept = np.empty((count, keep), np.float32)
    which = np.zeros((count, keep), np.int32)
    for t in range(count):
        for q in range(keep):
            kept[t, q] = FAR
    at = 0
    for c in range(of_lists):
        while at < ends[c]:
            t = order[at]
            at += 1
            _descriptor_distances(queries[t], members, starts[c], starts[c + 1], to_member)
            for m in range(starts[c], starts[c + 1]):
                d = to_member[m - starts[c]]
                if d < kept[t, keep - 1]:
                    q = keep - 1
                    while q > 0 and kept[t, q - 1] > d:
                        kept[t, q], which[t, q] = kept[t, q - 1], which[t, q - 1]
                        q -= 1
                    kept[t, q], which[t, q] = d, m
    for t in range(count):
        y, x = ys[t], xs[t]
        best_y, best_x, best = rows[y, x], cols[y, x], cost[y, x]
        for q in range(keep):
            if kept[t, q] >= FAR:
                break
            sy, sx = member_ys[which[t, q]], member_xs[which[t, q]]
            d = _cost(target, source, bias, y, x, sy, sx, channels, best)
            if d < best:
                best, best_y, best_x = d, sy, sx
        rows[y, x], cols[y, x], cost[y, x] = best_y, best_x, best
