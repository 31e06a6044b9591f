"""Speech recognition with Whisper, through transformers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.engines._transformers import open_model, open_part
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import (
    HEARD_RATE,
    HeardWord,
    Hearing,
    LanguageScore,
    MultilingualTranscriber,
    Phrase,
    Samples,
)

_BATCH = 8
_SHORTEST = HEARD_RATE // 20  # samples in which nothing can be said
_PROMPT = 200  # tokens of phrases that the model is shown


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of text, when it ends in seconds, and how likely it was."""

    number: int
    end: float
    likely: float


@engine(
    "whisper",
    task=MultilingualTranscriber,
    requires=("transformers", "torch", "safetensors"),
    card=BY_CARD,
    batch=_BATCH,
    memory="1.5GB",
    rank=20,
)
class Whisper:
    """Write down speech in the languages of a Whisper of the user's choice (safetensors).

    Phrases are shown to the model as what was said before. It tells one way to hear a stretch. When
    words are said is told by the attention of the heads that its `generation_config.json` names,
    else of all heads in the later half of its layers, as openai-whisper does.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._tokenizer = open_part(weights, "AutoTokenizer")
        self._extractor = open_part(weights, "AutoFeatureExtractor")
        self._model = open_model(weights, device, "WhisperForConditionalGeneration", ("proj_out",))
        self._device = device
        facts = self._model.generation_config
        if not hasattr(facts, "no_timestamps_token_id"):
            raise FailedPrecondition(
                f"{weights.name} has no generation_config.json of Whisper's.",
                hint="It lies beside the published weights.",
            )
        self._start = facts.no_timestamps_token_id
        if not getattr(facts, "alignment_heads", None):
            shape = self._model.config
            layers = range(shape.decoder_layers // 2, shape.decoder_layers)
            heads = range(shape.decoder_attention_heads)
            facts.alignment_heads = [[layer, head] for layer in layers for head in heads]
        told = getattr(facts, "lang_to_id", None) or {}
        self._languages = {code.strip("<|>"): number for code, number in told.items()}

    def transcribe(
        self,
        stretches: Sequence[Samples],
        language: str,
        phrases: Sequence[Phrase] = (),
        alternatives: int = 1,
    ) -> list[list[Hearing]]:
        """Return the way to hear each stretch; none for silence."""
        spoken = language.partition("-")[0].lower()
        if spoken not in (self._languages or {"en"}):
            raise InvalidArgument(f"This model does not understand {language!r}.")
        found: list[list[Hearing]] = [[] for _ in stretches]
        asked = [at for at, one in enumerate(stretches) if len(one) >= _SHORTEST]
        for start in range(0, len(asked), _BATCH):
            some = asked[start : start + _BATCH]
            told = self._tokens([stretches[at] for at in some], spoken, phrases)
            for at, tokens in zip(some, told, strict=True):
                words = list(self._words(tokens, len(stretches[at]) / HEARD_RATE))
                if words:
                    sure = sum(word.confidence for word in words) / len(words)
                    found[at] = [Hearing(tuple(words), sure)]
        return found

    def spoken(self, stretches: Sequence[Samples]) -> list[list[LanguageScore]]:
        """Return the languages of each stretch, likeliest first; none for what is too short."""
        found: list[list[LanguageScore]] = [[] for _ in stretches]
        asked = [at for at, one in enumerate(stretches) if len(one) >= _SHORTEST]
        for start in range(0, len(asked), _BATCH):
            some = asked[start : start + _BATCH]
            for at, scores in zip(some, self._scores([stretches[i] for i in some]), strict=True):
                found[at] = scores
        return found

    def _scores(self, stretches: Sequence[Samples]) -> Iterator[list[LanguageScore]]:
        """Yield how likely each language is to be the first that the model writes of a stretch."""
        import torch

        if not self._languages:
            yield from ([LanguageScore("en", 1.0)] for _ in stretches)
            return
        start = self._model.generation_config.decoder_start_token_id
        codes, numbers = zip(*self._languages.items(), strict=True)
        with torch.inference_mode():
            logits = self._model(
                **self._features(stretches),
                decoder_input_ids=torch.full((len(stretches), 1), start, device=self._device),
            ).logits[:, 0, list(numbers)]
        for row in logits.float().softmax(dim=1).tolist():
            scores = map(LanguageScore, codes, row)
            yield sorted(scores, key=lambda one: -one.confidence)

    def _features(self, stretches: Sequence[Samples]) -> dict[str, Any]:
        made = self._extractor(
            [one.astype(np.float32) / np.float32(32768) for one in stretches],
            sampling_rate=HEARD_RATE,
            return_tensors="pt",
            return_attention_mask=True,
        )
        return {
            "input_features": made["input_features"].to(self._device, self._model.dtype),
            "attention_mask": made["attention_mask"].to(self._device),
        }

    def _tokens(
        self, stretches: Sequence[Samples], language: str, phrases: Sequence[Phrase]
    ) -> Iterator[list[_Token]]:
        """Yield the tokens that the model writes for each stretch."""
        import torch

        how: dict[str, Any] = (
            {"language": language, "task": "transcribe"} if self._languages else {}
        )
        if phrases:
            text = ", ".join(phrase.text for phrase in phrases)
            prompt = self._tokenizer.get_prompt_ids(text, return_tensors="pt")[:_PROMPT]
            how["prompt_ids"] = prompt.to(self._device)
        with torch.inference_mode():
            told = self._model.generate(
                **self._features(stretches),
                return_token_timestamps=True,
                return_dict_in_generate=True,
                output_scores=True,
                num_beams=1,
                do_sample=False,
                **how,
            )
        yield from self._read(told)

    def _read(self, told: Any) -> Iterator[list[_Token]]:
        """Yield the text tokens of each row: those after the last token that starts a text."""
        rows = told["sequences"].tolist()
        likely = [step.float().softmax(dim=1).amax(dim=1).tolist() for step in told["scores"]]
        times = told["token_timestamps"].tolist()
        for row, numbers in enumerate(rows):
            offset = first = len(numbers) - len(likely)
            if self._start in numbers:
                first = max(first, len(numbers) - numbers[::-1].index(self._start))
            tokens = []
            for at in range(first, len(numbers)):
                if numbers[at] == self._tokenizer.eos_token_id:
                    break
                tokens.append(_Token(numbers[at], times[row][at], likely[at - offset][row]))
            yield tokens

    def _words(self, tokens: Sequence[_Token], seconds: float) -> Iterator[HeardWord]:
        """Yield words: tokens up to the next that begins with a space."""
        start = 0.0
        for text, group in self._grouped(tokens):
            end = min(max(group[-1].end, start), seconds)
            sure = float(np.exp(np.mean([np.log(max(one.likely, 1e-9)) for one in group])))
            yield HeardWord(text, start, end, min(1.0, sure))
            start = end

    def _grouped(self, tokens: Sequence[_Token]) -> list[tuple[str, list[_Token]]]:
        """Return the words of tokens; a letter may take several tokens, a word several letters."""
        found: list[tuple[str, list[_Token]]] = []
        open_: list[_Token] = []
        for token in tokens:
            piece = self._tokenizer.decode([token.number])
            if open_ and piece.startswith(" "):
                found.append((self._text(open_), open_))
                open_ = []
            open_.append(token)
        if open_:
            found.append((self._text(open_), open_))
        return [(text, group) for text, group in found if text]

    def _text(self, tokens: Sequence[_Token]) -> str:
        numbers = [token.number for token in tokens]
        return str(self._tokenizer.decode(numbers, skip_special_tokens=True)).strip()
