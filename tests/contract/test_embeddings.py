"""OpenAI's own client, unmodified, and the same call over gRPC's table."""

from __future__ import annotations

import pytest

openai = pytest.importorskip("openai")

from tests.gateway import Running  # noqa: E402


@pytest.fixture
def client(gateway: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="none-needed", max_retries=0)


def test_openais_client_gets_vectors(client: openai.OpenAI):
    answer = client.embeddings.create(model="default", input=["a red coat", "a red jacket"])
    assert [len(one.embedding) for one in answer.data] == [384, 384]
    assert all(isinstance(number, float) for number in answer.data[0].embedding)
    assert answer.model == "minilm_embedder"
    assert answer.usage.total_tokens == 10


def test_a_model_that_is_not_here_is_a_clear_error(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError, match="text-embedding-3-small"):
        client.embeddings.create(model="text-embedding-3-small", input="hello")
