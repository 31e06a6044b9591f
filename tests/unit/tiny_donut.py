"""A Donut of a few thousand parameters that the tests train to read colours as bills."""

from __future__ import annotations

from pathlib import Path

from tests.unit.tiny import train
from tests.unit.tiny_pictures import COLOURS, pixels, plain, save_processor

_SIDE = 64
_ANSWERS = {
    "red": "<s_total><s_price>4.50</s_price></s_total>",
    "green": "<s_date>may</s_date>",
    "blue": "<s_menu><s_nm>soup</s_nm><sep/><s_nm>stew</s_nm></s_menu>",
}
_TAGS = [
    *("<s_cord>", "<s_spare>", "<sep/>"),
    *(
        f"<{close}s_{name}>"
        for name in ("total", "price", "date", "menu", "nm")
        for close in ("", "/")
    ),
]


def save_donut(folder: Path) -> None:
    """Train it and save it with its processor and the token that its task starts with."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        DonutSwinConfig,
        DonutSwinModel,
        MBartConfig,
        MBartForCausalLM,
        PreTrainedTokenizerFast,
        VisionEncoderDecoderModel,
    )

    torch.manual_seed(7)
    words = ["<s>", "<pad>", "</s>", "<unk>", "4.50", "may", "soup", "stew"]
    inner = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, "<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokens = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
    )
    tokens.add_tokens(_TAGS)
    tokens.save_pretrained(folder)
    (folder / "prompt.txt").write_text("<s_cord>\n")
    size = {"height": _SIDE, "width": _SIDE}
    processor = save_processor(folder, "Donut", size=size, do_align_long_axis=False)
    encoder = DonutSwinModel(
        DonutSwinConfig(
            image_size=[_SIDE, _SIDE],
            **{"patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2]},
            window_size=4,
        )
    )
    decoder = MBartForCausalLM(
        MBartConfig(
            **{"vocab_size": len(tokens), "d_model": encoder.config.hidden_size},
            **{"decoder_layers": 2, "decoder_attention_heads": 2, "decoder_ffn_dim": 64},
            **{"max_position_embeddings": 32, "dropout": 0.0, "is_decoder": True},
            **{"add_cross_attention": True, "pad_token_id": 1, "eos_token_id": 2},
            **{"bos_token_id": 0, "forced_eos_token_id": None, "init_std": 0.2},
        )
    )
    model = VisionEncoderDecoderModel(encoder=encoder, decoder=decoder)
    start = tokens.convert_tokens_to_ids("<s_cord>")
    model.config.decoder_start_token_id = start
    model.config.pad_token_id = 1
    shown = [(name, seed) for name in COLOURS for seed in range(6)]
    wanted = tokens(
        [f"{_ANSWERS[name]}</s>" for name, _ in shown],
        add_special_tokens=False,
        padding=True,
        return_tensors="pt",
    )["input_ids"]
    batch = {
        "pixel_values": pixels(processor, [plain(name, _SIDE, seed) for name, seed in shown]),
        "labels": wanted.masked_fill(wanted == 1, -100),
    }
    train(model, batch, 0.02)
    model.save_pretrained(folder)
