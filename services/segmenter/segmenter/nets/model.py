"""The files of a trained segmenter (see `modelkit.weights`)."""

from dataclasses import dataclass
from pathlib import Path

from torchvision.models.detection import MaskRCNN

from fashion.words import CATEGORIES
from modelkit import weights
from modelkit.weights import BadWeights
from segmenter.nets import backbones

MOST_SHARED = 0.6  # for `detection.one_garment_a_pixel`


@dataclass(frozen=True)
class ModelInfo:
    """What a reader must know to serve the weights as they were trained."""

    arch: str  # maskrcnn_BACKBONE_fpn
    generation: int  # grows with every retraining; results of a greater generation supersede
    categories: int  # 13, numbered as in DeepFashion2
    side: int  # longer side of the input in pixels
    threshold: float  # a garment if the score is at least this
    most_shared: float  # the limit of detection.one_garment_a_pixel
    proposals: int = 50  # boxes that are looked at, those of the best objectness
    finest: bool = (
        False  # whether the finest level of the pyramid (stride 4) proposes boxes as well
    )
    sha256: str = ""  # of model.safetensors

    @classmethod
    def of(cls, backbone: str, *, generation: int, side: int, threshold: float) -> "ModelInfo":
        """Describe a network of `segmenter.nets.backbones` that was trained here."""
        return cls(
            _arch(backbone), generation, len(CATEGORIES), side, round(threshold, 3), MOST_SHARED
        )


def save(folder: Path, network: MaskRCNN, info: ModelInfo) -> ModelInfo:
    """Write weights and metadata, the pair that `load` accepts; return it with the hash."""
    return weights.write(folder, network.state_dict(), info)


def load(folder: Path) -> tuple[MaskRCNN, ModelInfo]:
    """Read network (fp32, evaluation mode) and metadata; raise BadWeights with what is wrong."""
    tensors, info = weights.read(folder, ModelInfo)
    known = {_arch(backbone): backbone for backbone in backbones.BACKBONES}
    if info.arch not in known or info.categories != len(CATEGORIES):
        raise BadWeights(
            f"{folder / weights.METADATA}: {info.arch} with {info.categories} categories; "
            f"this code serves {', '.join(known)} with {len(CATEGORIES)}"
        )
    network = backbones.build(known[info.arch], len(CATEGORIES) + 1)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise BadWeights(f"{folder / weights.WEIGHTS} does not fit {info.arch}: {error}") from error
    return network.eval(), info


def _arch(backbone: str) -> str:
    return f"maskrcnn_{backbone}_fpn"
