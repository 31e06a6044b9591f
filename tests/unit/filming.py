"""Films that the tests make: scenes that move, put together with cuts, fades and wipes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

RATE = 25
SIZE = (90, 160)


def scene(seed: int, seconds: float, motion: float = 1.0) -> Any:
    """Frames of shapes that drift over a background: frames x height x width x 3."""
    rng = np.random.default_rng(seed)
    height, width = SIZE
    y, x = np.mgrid[0:height, 0:width]
    low, high = rng.integers(20, 236, (2, 3))
    slope = (x / width * rng.uniform(0, 1) + y / height * rng.uniform(0, 1))[:, :, None]
    back = low + (high - low) * slope
    shapes = [
        (
            rng.uniform(0, width),
            rng.uniform(0, height),
            rng.uniform(-40, 40) * motion / RATE,
            rng.uniform(-25, 25) * motion / RATE,
            rng.uniform(8, 30),
            rng.integers(0, 256, 3),
        )
        for _ in range(rng.integers(3, 8))
    ]
    pan = rng.uniform(-12, 12) * motion / RATE
    frames = []
    for at in range(round(seconds * RATE)):
        frame = np.roll(back, round(pan * at), axis=1).copy()
        for left, top, dx, dy, size, colour in shapes:
            inside = np.hypot((x - left - dx * at) % width - size, y - top - dy * at) < size
            frame[inside] = colour
        frames.append(frame + rng.normal(0, 2, frame.shape))
    return np.clip(np.stack(frames), 0, 255).astype(np.uint8)


def joined(scenes: list[Any], how: str, seconds: float = 0.8) -> tuple[Any, list[int]]:
    """Scenes one after the other, and the frames in whose middle each change is."""
    film = scenes[0]
    places = []
    for following in scenes[1:]:
        if how == "cut":
            places.append(len(film))
            film = np.concatenate([film, following])
            continue
        length = round(seconds * RATE)
        before, after = film[-length:].astype(float), following[:length].astype(float)
        share = np.linspace(0, 1, length)[:, None, None, None]
        if how == "dissolve":
            mixed = before * (1 - share) + after * share
        elif how == "black":
            dim = np.abs(1 - 2 * share)
            mixed = np.where(share < 0.5, before, after) * dim
        else:  # a wipe from the left
            columns = np.linspace(0, 1, before.shape[2])[None, None, :, None]
            mixed = np.where(columns < share, after, before)
        places.append(len(film) - length // 2)
        film = np.concatenate([film[:-length], mixed.astype(np.uint8), following[length:]])
    return film, places


def small(film: Any) -> Any:
    """A film as the small pictures that shots are told from."""
    height, width = SIZE
    return (
        film[:, : height // 5 * 5]
        .reshape(len(film), 18, height // 18, 32, width // 32, 3)
        .mean(axis=(2, 4))
        .astype(np.uint8)
    )


def f1(found: list[int], true: list[int], tolerance: int) -> tuple[int, int, int]:
    """How many of the changes were found, how many there are, and how many were told."""
    left = list(found)
    hits = 0
    for place in true:
        near = [one for one in left if abs(one - place) <= tolerance]
        if near:
            left.remove(min(near, key=lambda one: abs(one - place)))
            hits += 1
    return hits, len(true), len(found)


def encoded(film: Any, sound: Any = None, kind: str = "mp4", rate: int = RATE) -> bytes:
    """A film as a file, with 16 kHz samples as its sound; without frames it has sound alone."""
    import av

    target = io.BytesIO()
    with av.open(target, "w", format=kind) as file:
        picture = file.add_stream("mpeg4", rate=rate) if len(film) else None
        if picture is not None:
            picture.height, picture.width = film.shape[1:3]
            picture.pix_fmt = "yuv420p"
            picture.bit_rate = 4_000_000
        speech = file.add_stream("aac", rate=16_000) if sound is not None else None
        for one in film:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(one), format="rgb24")
            file.mux(picture.encode(frame))
        if picture is not None:
            file.mux(picture.encode())
        if speech is not None:
            for at in range(0, len(sound), 1024):
                part = np.ascontiguousarray(sound[None, at : at + 1024])
                frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
                frame.sample_rate, frame.pts = 16_000, at
                file.mux(speech.encode(frame))
            file.mux(speech.encode())
    return target.getvalue()


def written(text: str, seconds: float, rate: int = RATE) -> Any:
    """Frames of a title in white on blue."""
    image = Image.new("RGB", (480, 270), (20, 40, 120))
    ImageDraw.Draw(image).text((60, 100), text, fill="white", font=ImageFont.load_default(48))
    return np.repeat(np.asarray(image)[None], round(seconds * rate), axis=0)
