"""Translators of a few thousand parameters that the tests train on a handful of sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.tiny import train

PAIRS = {
    "the dog sleeps.": "der Hund schläft.",
    "the house is red.": "das Haus ist rot.",
    "I see a tree.": "ich sehe einen Baum.",
    "good morning!": "guten Morgen!",
}
FRENCH = {
    "the dog sleeps.": "le chien dort.",
    "the house is red.": "la maison est rouge.",
    "I see a tree.": "je vois un arbre.",
    "good morning!": "bonjour !",
}
_SIZES: dict[str, Any] = {
    **{"d_model": 32, "encoder_layers": 1, "decoder_layers": 1},
    **{"encoder_attention_heads": 2, "decoder_attention_heads": 2},
    **{"encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 64},
    **{"dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0, "init_std": 0.2},
}


def _pieces(folder: Path, name: str, texts: list[str]) -> list[str]:
    """Train a SentencePiece model, and return its pieces."""
    import sentencepiece

    prefix = folder / name
    corpus = folder / f"{name}.corpus"
    corpus.write_text("\n".join(texts * 20), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(prefix),
        vocab_size=60,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
    )
    corpus.unlink()
    prefix.with_suffix(".model").rename(folder / f"{name}.spm")
    prefix.with_suffix(".vocab").unlink()
    read = sentencepiece.SentencePieceProcessor(str(folder / f"{name}.spm"))
    return [read.id_to_piece(number) for number in range(read.get_piece_size())]


def save_marian(folder: Path, *targets: str) -> None:
    """Train a Marian from English into German, or into German and French with their tokens."""
    import warnings

    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    torch.manual_seed(7)
    told = {"deu": PAIRS, "fra": FRENCH}
    shown = [(one, *pair) for one in targets or ("deu",) for pair in told[one].items()]
    pieces = _pieces(folder, "source", [source for _, source, _ in shown])
    pieces += _pieces(folder, "target", [target for _, _, target in shown])
    tokens = ["</s>", "<unk>", *(f">>{one}<<" for one in targets), *pieces, "<pad>"]
    vocab = {token: at for at, token in enumerate(dict.fromkeys(tokens))}
    (folder / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = MarianTokenizer(
            str(folder / "source.spm"),
            str(folder / "target.spm"),
            str(folder / "vocab.json"),
            source_lang="eng",
            target_lang=None if targets else "deu",
        )
    tokenizer.save_pretrained(folder)
    pad = vocab["<pad>"]
    config = MarianConfig(
        **_SIZES,
        vocab_size=len(vocab),
        **{"pad_token_id": pad, "eos_token_id": 0, "decoder_start_token_id": pad},
        **{"forced_eos_token_id": 0, "num_beams": 2, "bad_words_ids": [[pad]]},
    )
    model = MarianMTModel(config)
    start = [f">>{one}<< " if targets else "" for one, _, _ in shown]
    batch = tokenizer(
        [f"{token}{source}" for token, (_, source, _) in zip(start, shown, strict=True)],
        text_target=[target for _, _, target in shown],
        padding=True,
        return_tensors="pt",
    )
    batch["labels"] = batch["labels"].masked_fill(batch["labels"] == pad, -100)
    train(model, batch, 0.02)
    model.save_pretrained(folder)


def save_nllb(folder: Path) -> None:
    """Train an NLLB of English, German and French."""
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer

    torch.manual_seed(7)
    codes = ["eng_Latn", "deu_Latn", "fra_Latn"]
    texts = [*PAIRS, *PAIRS.values(), *FRENCH.values()]
    letters = sorted({char for text in texts for char in text.replace(" ", "▁")} | {"▁"})
    vocab = {token: at for at, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", *letters])}
    tokenizer = NllbTokenizer(
        vocab=vocab, merges=[], src_lang="eng_Latn", extra_special_tokens=[*codes, "<mask>"]
    )
    tokenizer.save_pretrained(folder)
    shown = [("deu_Latn", *pair) for pair in PAIRS.items()]
    shown += [("fra_Latn", *pair) for pair in FRENCH.items()]
    sizes = {**_SIZES, "vocab_size": len(tokenizer)}
    config = M2M100Config(**sizes, decoder_start_token_id=2, pad_token_id=1, eos_token_id=2)
    model = M2M100ForConditionalGeneration(config)
    tokenizer.src_lang = "eng_Latn"
    batch = tokenizer([source for _, source, _ in shown], padding=True, return_tensors="pt")
    rows = []
    for code, _, target in shown:
        tokenizer.tgt_lang = code
        rows.append(tokenizer(text_target=target)["input_ids"])
    longest = max(map(len, rows))
    # the language is given to whoever generates, so that it is not to be learned
    batch["labels"] = torch.tensor(
        [[-100, *row[1:], *[-100] * (longest - len(row))] for row in rows]
    )
    starts = [[2, *row[:-1], *[1] * (longest - len(row))] for row in rows]
    batch["decoder_input_ids"] = torch.tensor(starts)
    train(model, batch, 0.02)
    model.save_pretrained(folder)
