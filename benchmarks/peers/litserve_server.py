"""LitServe with its own batching, as its documentation shows."""

from __future__ import annotations

import os
import sys

import engine
import litserve


class Api(litserve.LitAPI):
    """The five steps of LitServe around the engine."""

    def setup(self, device: str) -> None:
        """Load nothing."""

    def decode_request(self, request):  # type: ignore[no-untyped-def]  # LitServe reads the types
        """Return the text."""
        return str(request["text"])

    def batch(self, inputs: list[str]) -> list[str]:
        """Return the batch as it is."""
        return inputs

    def predict(self, texts: list[str]) -> list[str]:
        """Run the engine."""
        return engine.run(texts)

    def unbatch(self, output: list[str]) -> list[str]:
        """Return the items as they are."""
        return output

    def encode_response(self, output: str) -> dict[str, str]:
        """Return the answer."""
        return {"text": output}


class Single(Api):
    """The same without batching: LitServe then hands over one item, not a list."""

    def predict(self, text: str) -> str:  # type: ignore[override]
        """Run the engine."""
        return engine.run([text])[0]


if __name__ == "__main__":
    if engine.BATCH > 1:
        wait = float(os.environ.get("BENCHMARK_WAIT", "0"))
        api: Api = Api(max_batch_size=engine.BATCH, batch_timeout=wait, api_path="/")
    else:
        api = Single(api_path="/")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(port=int(sys.argv[1]), generate_client_file=False, log_level="error")
