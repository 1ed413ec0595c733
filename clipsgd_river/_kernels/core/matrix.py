# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Products with the rows of a matrix, and a small Cholesky solver.

A row-major matrix whose rows are long: inner loops run along a row, over contiguous doubles. Sums
run in several partial ones, so that the compiler may use wide registers without changing a bit.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from math import sqrt


def dot(
    left: cython.p_double,
    start: cython.Py_ssize_t,
    right: cython.p_double,
    other: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
) -> float:
    """Product of ``count`` doubles from ``left[start]`` on with those from ``right[other]`` on."""
    a: cython.double = 0.0
    b: cython.double = 0.0
    c: cython.double = 0.0
    d: cython.double = 0.0
    e: cython.double = 0.0
    f: cython.double = 0.0
    g: cython.double = 0.0
    h: cython.double = 0.0
    k: cython.Py_ssize_t = 0
    while k + 8 <= count:
        a += left[start + k] * right[other + k]
        b += left[start + k + 1] * right[other + k + 1]
        c += left[start + k + 2] * right[other + k + 2]
        d += left[start + k + 3] * right[other + k + 3]
        e += left[start + k + 4] * right[other + k + 4]
        f += left[start + k + 5] * right[other + k + 5]
        g += left[start + k + 6] * right[other + k + 6]
        h += left[start + k + 7] * right[other + k + 7]
        k += 8
    while k < count:
        a += left[start + k] * right[other + k]
        k += 1
    return ((a + e) + (c + g)) + ((b + f) + (d + h))


def rows_times(
    matrix: cython.p_double,
    rows: cython.Py_ssize_t,
    width: cython.Py_ssize_t,
    vector: cython.p_double,
    out: cython.p_double,
) -> None:
    """Product of each row with a vector, in ``out``."""
    i: cython.Py_ssize_t
    for i in range(rows):
        out[i] = dot(matrix, i * width, vector, 0, width)


def add_rows(
    matrix: cython.p_double,
    rows: cython.Py_ssize_t,
    width: cython.Py_ssize_t,
    weights: cython.p_double,
    out: cython.p_double,
) -> None:
    """Weighted sum of the rows, in ``out``; by fours, to pass over ``out`` less often."""
    i: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t
    a: cython.double
    b: cython.double
    c: cython.double
    d: cython.double
    for j in range(width):
        out[j] = 0.0
    while i + 4 <= rows:
        a = weights[i]
        b = weights[i + 1]
        c = weights[i + 2]
        d = weights[i + 3]
        for j in range(width):
            out[j] += (a * matrix[i * width + j] + b * matrix[(i + 1) * width + j]) + (
                c * matrix[(i + 2) * width + j] + d * matrix[(i + 3) * width + j]
            )
        i += 4
    while i < rows:
        a = weights[i]
        for j in range(width):
            out[j] += a * matrix[i * width + j]
        i += 1


def spread_over_rows(
    matrix: cython.p_double,
    rows: cython.Py_ssize_t,
    width: cython.Py_ssize_t,
    weights: cython.p_double,
    vector: cython.p_double,
) -> None:
    """Add to each row the vector, weighted: a rank-one update."""
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    weight: cython.double
    for i in range(rows):
        weight = weights[i]
        for j in range(width):
            matrix[i * width + j] += weight * vector[j]


def rotate_rows(
    matrix: cython.p_double,
    width: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
    a: cython.Py_ssize_t,
    b: cython.Py_ssize_t,
    cosine: float,
    sine: float,
) -> None:
    """Rotate rows a and b into each other, in their first ``count`` columns."""
    j: cython.Py_ssize_t
    first: cython.double
    second: cython.double
    for j in range(count):
        first = matrix[a * width + j]
        second = matrix[b * width + j]
        matrix[a * width + j] = cosine * first - sine * second
        matrix[b * width + j] = sine * first + cosine * second


def orthonormalise_rows(
    matrix: cython.p_double, width: cython.Py_ssize_t, a: cython.Py_ssize_t, b: cython.Py_ssize_t
) -> None:
    """Give row a length 1, and make row b orthogonal to it and of length 1; they may be the same.

    The rows must be orthonormal but for round-off.
    """
    j: cython.Py_ssize_t
    scale: cython.double = 1.0 / sqrt(dot(matrix, a * width, matrix, a * width, width))
    for j in range(width):
        matrix[a * width + j] *= scale
    if a == b:
        return
    overlap: cython.double = dot(matrix, a * width, matrix, b * width, width)
    for j in range(width):
        matrix[b * width + j] -= overlap * matrix[a * width + j]
    scale = 1.0 / sqrt(dot(matrix, b * width, matrix, b * width, width))
    for j in range(width):
        matrix[b * width + j] *= scale


def decompose_rows(
    matrix: cython.p_double,
    rows: cython.Py_ssize_t,
    width: cython.Py_ssize_t,
    factor: cython.p_double,
    most: cython.Py_ssize_t,
    shortest: float,
) -> cython.Py_ssize_t:
    """Replace V by orthonormal rows Q with V = L Q, by Gram and Schmidt; returns how many.

    A row of which less than ``shortest`` is left beside those before it adds none, nor does one
    after the first ``most``. L, ``rows`` by ``most``, goes to ``factor``.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    share: cython.double
    kept: cython.Py_ssize_t = 0
    for i in range(rows):
        for k in range(most):
            factor[i * most + k] = 0.0
        for k in range(kept):
            share = dot(matrix, i * width, matrix, k * width, width)
            factor[i * most + k] = share
            for j in range(width):
                matrix[i * width + j] -= share * matrix[k * width + j]
        share = sqrt(dot(matrix, i * width, matrix, i * width, width))
        if kept < most and share > shortest:
            factor[i * most + kept] = share
            for j in range(width):
                matrix[kept * width + j] = matrix[i * width + j] / share
            kept += 1
    return kept


def rotate_form(
    form: cython.p_double,
    stride: cython.Py_ssize_t,
    side: cython.Py_ssize_t,
    a: cython.Py_ssize_t,
    b: cython.Py_ssize_t,
    cosine: float,
    sine: float,
) -> None:
    """Rotate rows a and b of a symmetric C of this side into each other, and its columns, too."""
    j: cython.Py_ssize_t
    first: cython.double
    second: cython.double
    rotate_rows(form, stride, side, a, b, cosine, sine)
    for j in range(side):
        first = form[j * stride + a]
        second = form[j * stride + b]
        form[j * stride + a] = cosine * first - sine * second
        form[j * stride + b] = sine * first + cosine * second
    # The same numbers on both sides of the diagonal, to the last bit.
    for j in range(side):
        form[j * stride + a] = form[a * stride + j]
        form[j * stride + b] = form[b * stride + j]


def transform_form(
    form: cython.p_double,
    side: cython.Py_ssize_t,
    stride: cython.Py_ssize_t,
    factor: cython.p_double,
    width: cython.Py_ssize_t,
    out: cython.p_double,
) -> None:
    """L'CL for a symmetric C of this side and stride and a factor L, ``side`` by ``width``."""
    a: cython.Py_ssize_t
    b: cython.Py_ssize_t
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    entry: cython.double
    for a in range(width):
        for b in range(a + 1):
            entry = 0.0
            for i in range(side):
                for j in range(side):
                    entry += factor[i * width + a] * form[i * stride + j] * factor[j * width + b]
            out[a * width + b] = entry
            out[b * width + a] = entry


def factorise(
    matrix: cython.p_double,
    side: cython.Py_ssize_t,
    stride: cython.Py_ssize_t,
    ridge: float,
    factor: cython.p_double,
) -> None:
    """Lower Cholesky factor of a matrix with ``ridge`` > 0 on its diagonal.

    A pivot below half the ridge is round-off and counts as that.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    pivot: cython.double
    for j in range(side):
        pivot = matrix[j * stride + j] + ridge - dot(factor, j * stride, factor, j * stride, j)
        pivot = sqrt(max(pivot, 0.5 * ridge))
        factor[j * stride + j] = pivot
        for i in range(j + 1, side):
            factor[i * stride + j] = (
                matrix[i * stride + j] - dot(factor, i * stride, factor, j * stride, j)
            ) / pivot


def solve(
    factor: cython.p_double,
    side: cython.Py_ssize_t,
    stride: cython.Py_ssize_t,
    vector: cython.p_double,
    out: cython.p_double,
) -> None:
    """Solve L L' out = vector for a lower factor L."""
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    for i in range(side):
        out[i] = (vector[i] - dot(factor, i * stride, out, 0, i)) / factor[i * stride + i]
    for i in range(side - 1, -1, -1):
        out[i] /= factor[i * stride + i]
        for j in range(i):
            out[j] -= factor[i * stride + j] * out[i]
