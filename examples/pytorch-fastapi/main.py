"""A small network behind FastAPI: POST {"rows": [[0.1, 0.2, 0.3, 0.4]]} to /predict."""

from typing import List

import torch
from fastapi import FastAPI
from pydantic import BaseModel

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3), torch.nn.Softmax(dim=1)).eval()
app = FastAPI()


class Question(BaseModel):
    rows: List[List[float]]


@app.get("/health")
def health():
    return {"status": "ok", "torch": torch.__version__}


@app.post("/predict")
def predict(question: Question):
    with torch.no_grad():
        return {"probabilities": network(torch.tensor(question.rows)).tolist()}
