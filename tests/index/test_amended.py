from resolver.core.package import NormalizedName, Pin
from resolver.index.amended import amended


def pin(name, version):
    return Pin(NormalizedName(name), version)


def test_a_release_that_forgot_what_it_was_compiled_against():
    assert amended(pin("torchaudio", "2.11.0"), ()) == ("torch>=2.11",)
    assert amended(pin("torchtext", "0.8.0"), ("torch", "tqdm")) == ("torch", "tqdm", "torch==1.7.0")
    assert amended(pin("torchvision", "0.3.0"), ("torch>=1.1.0",)) == ("torch>=1.1.0", "torch==1.1.0")


def test_what_is_declared_stays_alone():
    assert amended(pin("torchaudio", "2.10.0"), ("torch==2.10.0",)) == ("torch==2.10.0",)
    assert amended(pin("torchaudio", "2.11.0"), ("torch>=2.11",)) == ("torch>=2.11",)
    assert amended(pin("numpy", "1.0"), ()) == ()
    assert amended(pin("jax", "0.4.30"), ("jaxlib<=0.4.30,>=0.4.27",)) == ("jaxlib<=0.4.30,>=0.4.27",)


def test_a_bound_may_name_the_release_itself():
    assert amended(pin("jax", "0.4.10"), ("numpy",)) == ("numpy", "jaxlib<=0.4.10")
