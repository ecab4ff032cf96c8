"""Makes the folder `model`: a tiny BERT classifier with random weights and a vocabulary of ten words. Run it inside the image."""

from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

torch.manual_seed(0)
folder = Path("model")
folder.mkdir(exist_ok=True)
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "very", "not", "film"]
(folder / "vocab.txt").write_text("\n".join(words) + "\n")
BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
BertForSequenceClassification(BertConfig(vocab_size=len(words), num_labels=2, **sizes)).save_pretrained(folder)
