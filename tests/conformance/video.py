"""What engines that open videos promise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sensorium.models import tasks
from sensorium.models.errors import InvalidArgument, OutOfRange
from sensorium.models.registry import EngineSpec
from tests.conformance.asking import ask
from tests.unit.filming import encoded


def check_video_reader(spec: EngineSpec) -> None:
    colours = ((200, 30, 30), (30, 200, 30))
    film = np.concatenate([np.full((25, 90, 160, 3), one, np.uint8) for one in colours])
    for kind in ("mp4", "matroska", "avi"):
        content = encoded(film, kind=kind)
        facts = ask(spec, tasks.VideoReader.facts, content)
        assert (facts.width, facts.height) == (160, 90)
        assert facts.frames
        assert not facts.sound
        assert facts.seconds == pytest.approx(2.0, abs=0.1)
        assert facts.rate == pytest.approx(25, abs=0.5)
        glances = ask(spec, tasks.VideoReader.glances, content, 60.0)
        assert glances.pictures.shape == (50, 18, 32, 3)
        assert glances.times[-1] == pytest.approx(1.96, abs=0.05)
        red, green, last = ask(spec, tasks.VideoReader.frames, content, [0.5, 1.5, 9.0], 80)
        assert red.shape == (45, 80, 3)
        for image, colour in ((red, colours[0]), (green, colours[1]), (last, colours[1])):
            assert np.abs(image.mean(axis=(0, 1)) - colour).max() < 25
    with pytest.raises(OutOfRange):
        ask(spec, tasks.VideoReader.glances, encoded(film), 1.0)
    for broken in (b"", b"no video", encoded(film)[:2000]):
        with pytest.raises(InvalidArgument):
            ask(spec, tasks.VideoReader.facts, broken)


CHECKS: dict[type, Callable[[EngineSpec], None]] = {tasks.VideoReader: check_video_reader}
