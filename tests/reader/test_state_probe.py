"""Probes: weights packed and read, log-odds worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from remix.reader.calibration import calibrations
from remix.reader.state_probe import StateProbe, packed

MADE = StateProbe(weights=packed(np.array([[1.0, -2.0, 0.5], [0.0, 4.0, -1.0]])), bias=(0.25, -1.0))


def test_log_odds_are_weighted_sums_of_the_state():
    assert MADE.log_odds((1.0, 2.0, 4.0)) == (1 - 4 + 2 + 0.25, 8 - 4 - 1)
    assert MADE.log_odds((0.0, 0.0, 0.0)) == MADE.bias


def test_a_state_of_another_width_is_refused():
    with pytest.raises(ValueError, match="broadcast"):
        MADE.log_odds((1.0, 2.0))


def test_shipped_probes_have_as_many_weights_as_their_models_states():
    widths = {each.name: len(each.probe.weights) * 3 // 4 // 4 // 2 for each in calibrations() if each.probe}
    assert all(widths.values())
    for each in calibrations():
        if each.probe:
            assert np.isfinite(each.probe.log_odds([0.1] * widths[each.name])).all()
