"""The promise of embeddings: like texts are near, and every vector says which engine made it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.models.errors import FailedPrecondition, Failure, InvalidArgument
from sensorium.models.pool import LocalModels
from tests.unit.tiny import GOOD, brought, config, tokenizer

RPC = "sensorium.embeddings.v1.Embeddings.CreateEmbeddings"
NEAR = ["Where is my parcel?", "My package has not arrived yet.", "The soup needs more salt."]


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    pool = LocalModels()
    yield pool
    asyncio.run(pool.close())


@pytest.fixture
def ask(models: LocalModels) -> Any:
    def ask(given: Any, **more: Any) -> Any:
        call = Call(models, None, Limits(text_characters=100_000))
        return asyncio.run(LocalClient(call).call(RPC, {"input": given, **more}))

    return ask


def vectors(answer: dict[str, Any]) -> np.ndarray:
    return np.array([one["embedding"] for one in answer["data"]])


def test_texts_alike_in_meaning_are_near(ask: Any):
    answer = ask(NEAR)
    found = vectors(answer)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert found[0] @ found[1] > 0.4 > found[0] @ found[2] + 0.2
    assert [one["index"] for one in answer["data"]] == [0, 1, 2]
    assert answer["model"] == "minilm_embedder"


def test_one_text_may_come_without_a_list(ask: Any):
    assert vectors(ask(NEAR[0]))[0] == pytest.approx(vectors(ask(NEAR[:1]))[0], abs=1e-6)


def test_a_text_has_the_same_vector_in_any_company(ask: Any):
    alone = vectors(ask(NEAR[0]))[0]
    among = vectors(ask([*NEAR, "long " * 90, "x"]))[0]
    assert alone @ among > 0.97  # 8 bits round by what stands beside it


def test_base64_holds_the_same_numbers(ask: Any):
    plain = ask(NEAR)
    packed = ask(NEAR, encoding_format="base64")
    for one, two in zip(plain["data"], packed["data"], strict=True):
        raw = np.frombuffer(base64.b64decode(two["embedding"]), "<f4")
        assert raw == pytest.approx(one["embedding"], abs=1e-6)


def test_usage_counts_the_tokens_that_were_read(ask: Any):
    usage = ask(["hello world", "hello"])["usage"]
    assert usage == {"prompt_tokens": 7, "total_tokens": 7}  # two words, one word, two ends each
    long = ask("word " * 3000)["usage"]["total_tokens"]
    assert long == 3002


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"input": []}, "input"),
        ({}, "input"),
        ({"input": ""}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": ["a", 3]}, "input[1]"),
        ({"input": [[1, 2]]}, "input[0]"),
        ({"input": {"text": "a"}}, "input"),
        ({"input": ["a"] * 2049}, "input"),
        ({"input": "a" * 100_001}, "input"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format"),
        ({"input": "a", "dimensions": 1536}, "dimensions"),
    ],
)
def test_what_cannot_be_embedded_is_refused_by_its_field(
    models: LocalModels, request_: dict[str, Any], field: str
):
    call = Call(models, None, Limits(text_characters=100_000))
    with pytest.raises(InvalidArgument) as refused:
        asyncio.run(LocalClient(call).call(RPC, request_))
    assert refused.value.field == field


def test_another_makers_model_is_not_taken_for_ours(ask: Any):
    with pytest.raises(Failure, match="text-embedding-3-small"):
        ask("hello", model="text-embedding-3-small")


def test_emoji_and_combining_marks_have_vectors(ask: Any):
    found = vectors(ask(["😀🏳️‍🌈", "e\u0301" * 40, " \n "]))
    assert np.isfinite(found).all()


def test_a_lone_surrogate_is_no_text(ask: Any):
    with pytest.raises(InvalidArgument, match="surrogates"):
        ask(["\ud800 x"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence encoder of two layers, saved as sentence-transformers saves them."""
    torch = pytest.importorskip("torch")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertModel

    target = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(3)
    words = tokenizer(GOOD, 32)
    BertModel(config(len(words), ["x"], 34)).save_pretrained(target / "bert")
    words.save_pretrained(target / "bert")
    inner = Transformer(str(target / "bert"))
    SentenceTransformer(modules=[inner, Pooling(32)]).save(str(target / "whole"))
    return target / "whole"


def test_a_model_that_the_user_brings_embeds(folder: Path):
    spec = brought("sentence_embedding", folder)

    async def run() -> Any:
        pool = LocalModels([spec])
        client = LocalClient(Call(pool, None, Limits()))
        answer = await client.call(RPC, {"input": [*GOOD, "😀"]})
        await pool.close()
        return answer

    answer = asyncio.run(run())
    found = vectors(answer)
    assert found.shape == (5, 32)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(5), abs=1e-4)
    assert answer["model"] == "sentence_embedding"
    assert answer["usage"]["total_tokens"] > 20


def test_a_folder_without_safetensors_is_refused(tmp_path: Path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    spec = brought("sentence_embedding", tmp_path)
    with pytest.raises(FailedPrecondition, match="safetensors"):
        spec.factory(device="cpu")
