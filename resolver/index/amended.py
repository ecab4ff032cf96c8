"""Requirements that releases have and do not declare: each was seen to break, or read in the release's own files."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.specifiers import SpecifierSet

from resolver.core.package import NormalizedName, Pin

_LACKING: Mapping[NormalizedName, tuple[tuple[SpecifierSet, tuple[str, ...]], ...]] = {
    # Compiled against the PyTorch of the day, as all of them are; the ones before and in between declare it exactly.
    NormalizedName("torchaudio"): ((SpecifierSet(">=2.11"), ("torch>=2.11",)),),
    # Linked to CUDA 9.0, as PyTorch 1.1 is and 1.2 is not: "libcudart.so.9.0: cannot open shared object file".
    NormalizedName("torchvision"): ((SpecifierSet("==0.3.0"), ("torch==1.1.0",)),),
    # "jaxlib is newer than and incompatible with jax": raised at import; the extras that say so ask nobody.
    NormalizedName("jax"): ((SpecifierSet(">=0.3,<0.4.26"), ("jaxlib<={version}",)),),
    NormalizedName("torchtext"): ((SpecifierSet("==0.7.*"), ("torch==1.6.*",)), (SpecifierSet("==0.8.0"), ("torch==1.7.0",))),
}
"""Distribution -> (releases, what they require besides; `{version}` is the release's own)."""


def amended(pin: Pin, requires: tuple[str, ...]) -> tuple[str, ...]:
    """What a release declares, and what it requires besides; `requires` itself for nearly all."""
    if pin.name not in _LACKING:
        return requires
    besides = (
        text.format(version=pin.version)
        for releases, texts in _LACKING[pin.name]
        if releases.contains(pin.version, prereleases=True)
        for text in texts
    )
    return (*requires, *(text for text in besides if text not in requires))
