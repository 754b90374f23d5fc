"""Vectors as points on a plane."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer

from remix.analysis.projection import project
from remix.measure.vectors import tfidf
from remix.measure.words import words


def test_against_scikit_learn() -> None:
    rows = np.random.default_rng(2).normal(size=(20, 7)) * [5, 3, 1, 1, 1, 1, 1]
    plane, theirs = project(rows), PCA(2).fit(rows)
    np.testing.assert_allclose(np.abs(plane.points), np.abs(theirs.transform(rows)), atol=1e-9)
    assert plane.share == pytest.approx(theirs.explained_variance_ratio_.sum())


def test_signs_are_settled() -> None:
    rows = np.array([[0, 0], [10, 0], [0, 1.0]])
    points = project(rows).points
    np.testing.assert_allclose(points, project(rows[:, ::-1]).points, atol=1e-12)
    assert all(points[np.abs(points[:, axis]).argmax(), axis] > 0 for axis in (0, 1))


@pytest.mark.parametrize("rows", [np.zeros((0, 3)), np.ones((1, 3)), np.ones((4, 3))])
def test_nothing_that_differs(rows: np.ndarray) -> None:
    plane = project(rows)
    assert plane.points.shape == (len(rows), 2)
    assert plane.share == 0


def test_one_dimension_lies_on_a_line() -> None:
    plane = project(np.array([[1.0], [2.0], [4.0]]))
    assert plane.share == pytest.approx(1)
    np.testing.assert_array_equal(plane.points[:, 1], 0)


def test_tfidf_against_scikit_learn() -> None:
    texts = ["The clock runs fast.", "The clock runs slow, slow, slow.", "Nobody has asked the sun.", "Nobody runs."]
    theirs = TfidfVectorizer(analyzer=words, min_df=2).fit_transform(texts).toarray()
    np.testing.assert_allclose(tfidf(texts), theirs)
