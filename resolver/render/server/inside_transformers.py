TASKS = (
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForMaskedLM", "fill-mask"),
    ("ForImageClassification", "image-classification"),
    ("ForObjectDetection", "object-detection"),
    ("ForConditionalGeneration", "text2text-generation"),
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("Model", "feature-extraction"),
)


def load(path):
    import json as reader
    import os as system

    from transformers import pipeline

    with open(system.path.join(path, "config.json")) as stream:
        made = " ".join(reader.load(stream).get("architectures") or ["Model"])
    task = next(task for part, task in TASKS if part in made)
    return pipeline(task, model=path, tokenizer=path) if not task.startswith(("image", "object")) else pipeline(task, model=path)


def predict(pipe, inputs):
    if isinstance(inputs, dict):
        return pipe(**inputs)
    return pipe(inputs)


def picture(pipe, image):
    return image.convert("RGB")
