"""Temperature scaling."""

import numpy as np
import pytest

from classifier.evaluation.calibration import temperature


def test_the_temperature_undoes_an_exaggeration() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 20_000)
    labels = (rng.uniform(size=20_000) < 1 / (1 + np.exp(-honest))).astype(np.int64)
    assert temperature(labels, honest * 3) == pytest.approx(3, rel=0.05)


def test_photos_without_a_mistake_do_not_lead_to_certainty() -> None:
    assert temperature(np.array([0, 1]), np.array([-1.0, 1.0])) == pytest.approx(0.2, rel=0.01)
