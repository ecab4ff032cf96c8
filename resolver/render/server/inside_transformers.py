# What a class of networks is for, and what older releases called it.
TASKS = (
    ("ForSequenceClassification", ("text-classification", "sentiment-analysis")),
    ("ForTokenClassification", ("token-classification", "ner")),
    ("ForQuestionAnswering", ("question-answering",)),
    ("ForMaskedLM", ("fill-mask",)),
    ("ForImageClassification", ("image-classification",)),
    ("ForObjectDetection", ("object-detection",)),
    ("ForConditionalGeneration", ("text2text-generation", "summarization")),
    ("ForCausalLM", ("text-generation",)),
    ("LMHeadModel", ("text-generation",)),
    ("Model", ("feature-extraction",)),
)


def load(path):
    import json as reader
    import os as system

    from transformers import pipeline

    with open(system.path.join(path, "config.json")) as stream:
        made = " ".join(reader.load(stream).get("architectures") or ["Model"])
    names = next((names for part, names in TASKS if part in made), ("feature-extraction",))
    more = {} if names[0].startswith(("image", "object")) else {"tokenizer": path}
    for name in names:
        try:
            return pipeline(name, model=path, **more)
        except KeyError as problem:
            if "task" not in str(problem) or name == names[-1]:
                raise


def predict(pipe, inputs):
    if isinstance(inputs, dict):
        return pipe(**inputs)
    return pipe(inputs)


def picture(pipe, image):
    if not getattr(pipe, "task", "").startswith(("image", "object")):
        raise Refused(415, "this pipeline takes no pictures: send application/json")
    return image.convert("RGB")
