"""Plain FastAPI: one `def` endpoint in its thread pool, as its tutorial shows."""

from __future__ import annotations

import sys

import engine
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Request(BaseModel):
    """A text."""

    text: str


@app.post("/")
def answer(request: Request) -> dict[str, str]:
    return {"text": engine.run([request.text])[0]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
