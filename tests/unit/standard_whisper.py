"""A Whisper with the vocabulary and the 30 s of published ones, and next to no parameters.

It is not trained: what it writes has no meaning, but is the same wherever it runs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_TEXT = 50_257  # tokens before the special ones
_SPECIAL = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")


_SMALL = {
    **{"d_model": 32, "encoder_layers": 1, "decoder_layers": 2},
    **{"encoder_attention_heads": 2, "decoder_attention_heads": 2},
    **{"encoder_ffn_dim": 64, "decoder_ffn_dim": 64},
}


def save_standard_whisper(folder: Path, **size: Any) -> None:
    """Save it as transformers does; `size` is more of the network's configuration."""
    import torch
    from tokenizers import pre_tokenizers
    from transformers import (
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    torch.manual_seed(7)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {char: at for at, char in enumerate(letters)}
    vocabulary |= {f"Ġw{at}": at for at in range(len(letters), _TEXT - 1)}
    vocabulary[""] = _TEXT - 1  # by which CTranslate2 knows a model of several languages
    tokens = WhisperTokenizer(vocab=vocabulary, merges=[])
    codes = [f"<|{code}|>" for code in list(LANGUAGES)[:99]]
    special = ["<|startoftranscript|>", *codes, *(f"<|{name}|>" for name in _SPECIAL)]
    tokens.add_special_tokens({"additional_special_tokens": special})
    tokens.add_tokens([f"<|{at * 0.02:.2f}|>" for at in range(1501)])
    tokens.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    ids = {one: tokens.convert_tokens_to_ids(one) for one in ["<|endoftext|>", *special]}
    end = ids["<|endoftext|>"]
    ends = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end}
    start = {"decoder_start_token_id": ids["<|startoftranscript|>"]}
    config = WhisperConfig(
        **{"vocab_size": len(tokens), "init_std": 0.3, **_SMALL, **size},
        **{"begin_suppress_tokens": None, "suppress_tokens": []},
        **ends,
        **start,
    )
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    facts = {
        **ends,
        **start,
        **{"max_length": 448, "is_multilingual": True},
        "lang_to_id": {code: ids[code] for code in codes},
        "task_to_id": {name: ids[f"<|{name}|>"] for name in ("transcribe", "translate")},
        "no_timestamps_token_id": ids["<|notimestamps|>"],
        "prev_sot_token_id": ids["<|startofprev|>"],
        "alignment_heads": [[1, 0], [1, 1]],
    }
    (folder / "generation_config.json").write_text(json.dumps(facts))
