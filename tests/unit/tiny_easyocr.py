"""EasyOCR's networks with weights set by the tests: ink is text, black bars are I, grey ones O."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

LETTERS = "IO "
_SHADES = {"I": 0, "O": 128}
_BLACKEST = 4.37  # what one step from white to black is to the detector
_SURE = 12.0


def written(text: str, height: int = 40) -> Image.Image:
    """A word in a picture that fits it: a bar for each letter."""
    step, thick = round(height * 0.7), height // 4
    image = Image.new("RGB", (step * len(text) + 24, height + 24), "white")
    for at, letter in enumerate(text):
        bar = (12 + at * step, 12, 12 + at * step + thick, 12 + height)
        ImageDraw.Draw(image).rectangle(bar, fill=(_SHADES[letter],) * 3)
    return image


def save_craft(path: Path) -> None:
    """Save a CRAFT that tells text where there is ink and a few pixels around it."""
    import torch
    from easyocr.craft import CRAFT
    from safetensors.torch import save_file

    net = CRAFT()
    with torch.no_grad():
        for part in net.modules():
            if isinstance(part, torch.nn.Conv2d):
                part.weight.zero_()
                part.bias.zero_()
        first, second, third, fourth = (net.basenet.slice1[at] for at in (0, 3, 7, 10))
        first.weight[0, 0, 1, 1], first.bias[0] = -1, 2.25
        for part in (second, third, fourth):
            part.weight[0, 0, 1, 1] = 1
        narrow, wide = net.upconv4.conv[0], net.upconv4.conv[3]
        narrow.weight[0, 64] = 1  # after the 64 channels from above come those of the picture
        wide.weight[0, 0, 1, 1] = 1
        for at in (0, 2, 4):
            net.conv_cls[at].weight[0, 0] = 1 / 9
        net.conv_cls[6].weight[0, 0] = 1
        net.conv_cls[8].weight[0, 0] = 3 / _BLACKEST
    state = {name: one.half().contiguous() for name, one in net.state_dict().items()}
    save_file({f"module.{name}": one for name, one in state.items()}, path)


def save_reader(path: Path) -> None:
    """Save a recogniser that knows black bars from grey ones, as EasyOCR does."""
    import torch
    from easyocr.model.vgg_model import Model

    model = Model(1, 32, 2, len(LETTERS) + 1)
    with torch.no_grad():
        for weights in model.parameters():
            weights.zero_()
        _see(model.FeatureExtraction.ConvNet)
        for at, (gain, thresholds) in enumerate([(_SURE, (0.3, 1.15)), (_SURE, (0.0, 0.0))]):
            _remember_nothing(model.SequenceModeling[at], gain, thresholds)
        model.Prediction.weight.copy_(
            torch.tensor([[-_SURE, -_SURE], [2 * _SURE, 0], [-_SURE, _SURE], [0, 0]])
        )
        model.Prediction.bias.copy_(torch.tensor([0, 0, 0, -2 * _SURE]))
    torch.save({f"module.{name}": one for name, one in model.state_dict().items()}, path)


def _see(net: Any) -> None:
    """Tell of each frame whether anything is black, and in how many of two columns there is ink.

    From its second layer on, channel 0 is black and channel 1 is ink, from 0 to 1: the difference
    of two straight lines that begin a little apart.
    """
    first, second = net[0], net[3]
    for at, bias in enumerate((-3.5, -4.5, 4, 3)):  # from 72 % of black on, and from 25 % on
        first.weight[at, 0, 1, 1], first.bias[at] = -8, bias
        second.weight[at // 2, at, 1, 1] = (1, -1)[at % 2]
    for at in (6, 8, 11, 14):
        net[at].weight[0, 0, 1, 1] = net[at].weight[1, 1, 1, 1] = 1
    for at in (12, 15):
        net[at].weight.fill_(1)
    net[18].weight[0, 0] = net[18].weight[1, 1] = 0.5


def _remember_nothing(layer: Any, gain: float, thresholds: tuple[float, float]) -> None:
    """Let a layer pass on only whether each of two values is over its threshold, as -1 to 1."""
    size, cell = 2, slice(4, 6)  # gates: input, forget, cell, output
    for way in ("", "_reverse"):
        bias = getattr(layer.rnn, f"bias_ih_l0{way}")
        bias[:size], bias[size : 2 * size], bias[3 * size :] = _SURE, -_SURE, _SURE
    for unit, threshold in enumerate(thresholds):
        layer.rnn.weight_ih_l0[cell][unit, unit] = gain
        layer.rnn.bias_ih_l0[cell][unit] = -gain * threshold
        layer.linear.weight[unit, unit] = 1.3
