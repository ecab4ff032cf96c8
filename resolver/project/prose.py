"""Versions of libraries in plain sentences ("Keras 2.2.4", "PyTorch >= 1.0", "Python 3.6 or later") -> specifiers."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

MAX_SENTENCE = 2_000
"""Longer lines (characters) are cut: they are no sentences."""

_NAMES = {
    "tensorflow": r"tensor[ -]?flow(?:[- ](?:gpu|cpu))?|TF",
    "keras": r"keras",
    "torchvision": r"torch[ -]?vision",
    "torchaudio": r"torch[ -]?audio",
    "torchtext": r"torch[ -]?text",
    "torch-geometric": r"(?:py)?torch[ -]geometric",
    "pytorch-lightning": r"(?:pytorch[ -])lightning",
    "torch": r"(?:py)?torch",
    "numpy": r"numpy",
    "scipy": r"scipy",
    "pandas": r"pandas",
    "scikit-learn": r"scikit[ -]?learn|sklearn",
    "scikit-image": r"scikit[ -]?image|skimage",
    "opencv-python": r"opencv(?:[- ]python)?|cv2",
    "pillow": r"pillow",
    "matplotlib": r"matplotlib",
    "h5py": r"h5py",
    "transformers": r"(?:hugging ?face )?transformers",
    "mxnet": r"mxnet",
    "theano": r"theano",
    "onnx": r"onnx",
    "onnxruntime": r"onnx[ -]?runtime",
    "gensim": r"gensim",
    "spacy": r"spacy",
    "nltk": r"nltk",
    "gym": r"(?:openai )?gym",
    "jax": r"jax",
    "flask": r"flask",
    "fastapi": r"fastapi",
    "streamlit": r"streamlit",
    "librosa": r"librosa",
    "allennlp": r"allennlp",
    "fairseq": r"fairseq",
    "fastai": r"fast\.?ai",
    "dgl": r"dgl",
    "lightgbm": r"lightgbm",
    "xgboost": r"xgboost",
    "mmcv": r"mmcv",
    "timm": r"timm",
    "tensorboardx": r"tensorboardx",
    "python": r"python",
}  # fmt: skip
"""How people write the names of the field in prose; longer spellings come first where one begins another."""

_VERSION = r"v?(\d{1,2}\.\d{1,3}(?:\.\d{1,3})?(?:\.[x*])?|\d\.[x*])"
_NAME = "|".join(f"(?P<{name.replace('-', '_')}>{pattern})" for name, pattern in _NAMES.items())
_MENTION = re.compile(
    rf"(?<![\w.@/-])(?:{_NAME})(?![A-Za-z_/])"
    r"(?:\s*\([A-Za-z][^()]{0,40}\))?"
    r"[\s:=@(-]*(?:version|ver\.?|is|at|of)?[\s:(]*"
    r"(?P<operator>>=|<=|==|=|~=|<|>|≥|≤)?\s*"
    rf"{_VERSION.replace('(', '(?P<version>', 1)}(?![\d.]*\d)(?P<plus>\s*\+)?",
    re.IGNORECASE,
)
_MORE = re.compile(rf"^\s*(?:,|/|-|–|~|to|and|or|&|,\s*and|,\s*or)\s*{_VERSION}(?![\w%])(?P<plus>\s*\+)?", re.IGNORECASE)
_UPWARDS = re.compile(r"^\s*[()]?\s*(?:or|and|\(or|\(and)?\s*(?:higher|later|above|newer|greater|upwards?|up)\b|^\s*\+", re.IGNORECASE)
_ASKING = re.compile(
    r"requir|depend|prerequisit|install|environment|set-?\s?up|getting started|quick ?start|usage|compatib|tested|develop(?:ed|ment)|"
    r"built (?:with|on|using)|implement|written|ran on|was run|runs? (?:on|with|under)|works? (?:on|with|under)|needs?\b|"
    r"us(?:es|ing|ed)\b|version",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"\bnot\b|n't|no longer|deprecat|migrat|upgrad|\bdrop|branch|releas|change ?log|\bnews\b|\bfork|\bwill\b|\bsoon\b|to-?do\b|"
    r"updat|previous|\bold(?:er)?\b|issue|\bbug|error|\bfail|warning|\bfix|"
    r"port(?:ed|ing)? |instead|convert|\bnow\b|coming|replac|\bremov|before|faster|"
    r"accuracy|\bvs\.?\b|compared|original|official|documentation|\bif you\b|unless|except",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"news|updat|change|histor|releas|citation|reference|result|trouble|faq|benchmark|licen|to-?do|acknowledg|related", re.IGNORECASE
)
_BRACKETS = re.compile(r"\([^()]*\)")
_MARKS = re.compile(r"[\s:=@(-]{10,}")
"""Between a name and its version stand a few; by the hundred they make the pattern slow."""
_LINK = re.compile(r"!\[[^\]]*\]\([^)]*\)|\[([^\]]*)\]\([^)]*\)|https?://\S+|<[^>]*>")


Range = tuple[tuple[int, ...], tuple[int, ...] | None]
"""Release numbers from the first (included) to the second (not included; None: without end)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name of the field ("python" among them), the specifier that a sentence gives it, and its line."""

    name: str
    specifier: str
    line: int
    low: tuple[int, ...] = ()
    high: tuple[int, ...] | None = None


def mentions(text: str, heading: str, line: int) -> Iterator[Mention]:
    """What one line of prose under a heading says of versions; nothing where it is not about what the project needs."""
    plain = _LINK.sub(lambda found: found[1] or " ", text[:MAX_SENTENCE])
    plain = _MARKS.sub(lambda run: run[0][:3], re.sub(r"[`*|]|__", " ", plain))
    if _ASIDE.search(heading) or _OTHERWISE.search(_BRACKETS.sub(" ", plain)) or not (_ASKING.search(plain) or _ASKING.search(heading)):
        return
    for found in _MENTION.finditer(plain):
        name = next(name for name in _NAMES if found[name.replace("-", "_")])
        if found[name.replace("-", "_")].lower() == "tf" and found[name] != "TF":
            continue
        low, high = _interval(found["version"], found["operator"] or "", upwards=bool(found["plus"]))
        rest = plain[found.end() :]
        while (more := _MORE.match(rest)) and high is not None:
            other_low, other_high = _interval(more[1], "", upwards=bool(more["plus"]))
            low, high = min(low, other_low), None if other_high is None else max(high, other_high)
            rest = rest[more.end() :]
        if _UPWARDS.match(rest):
            high = None
        if name == "python" and not _is_python3(low, high):
            continue
        yield Mention(name=name, specifier=_specifier(low, high), line=line, low=low, high=high)


def spans(said: Iterable[Mention]) -> list[Mention]:
    """One mention for each name, at the line of the first: of a range inside another the inner one, else from the lowest to the highest."""
    found: dict[str, Mention] = {}
    for mention in said:
        known = found.get(mention.name)
        if known is None:
            found[mention.name] = mention
            continue
        low, high = _joined((known.low, known.high), (mention.low, mention.high))
        found[mention.name] = dataclasses.replace(known, low=low, high=high, specifier=_specifier(low, high))
    return list(found.values())


def _joined(one: Range, other: Range) -> Range:
    for inner, outer in ((one, other), (other, one)):
        if inner[0] >= outer[0] and (outer[1] is None or (inner[1] is not None and inner[1] <= outer[1])):
            return inner
    return min(one[0], other[0]), None if one[1] is None or other[1] is None else max(one[1], other[1])


def _is_python3(low: tuple[int, ...], high: tuple[int, ...] | None) -> bool:
    """Whether the range speaks of some Python from 3.5 to 3.19: others are typing errors or Python 2."""
    return low < (3, 20) and (high is None or high > (3, 5)) and (low >= (3,) or high is not None)


def _interval(version: str, operator: str, *, upwards: bool) -> Range:
    """The half-open range of release numbers that a version with an operator means; "1.14" is its whole minor series."""
    parts = tuple(int(part) for part in version.lower().removeprefix("v").split(".") if part.isdigit())
    after = (*parts[:-1], parts[-1] + 1)
    if upwards or operator in (">=", "≥", ">"):
        return parts, None
    if operator == "<":
        return (0,), parts
    if operator in ("<=", "≤"):
        return (0,), after
    return parts, after


def _specifier(low: tuple[int, ...], high: tuple[int, ...] | None) -> str:
    text = ".".join(map(str, low))
    if high is None:
        return f">={text}"
    if high == (*low[:-1], low[-1] + 1):
        return f"=={text}" if len(low) >= 3 else f"=={text}.*"
    return f"<{'.'.join(map(str, high))}" if low == (0,) else f">={text},<{'.'.join(map(str, high))}"
