"""Learning from a teacher: ImageNet features and a linear probe on them, fitted to the labels.

A few thousand photos are too few to learn what the world looks like; the teacher learned it on
ImageNet. The student learns the teacher's answers on augmented crops (Hinton et al., Distilling
the Knowledge in a Neural Network, 2015) and its features (Romero et al., FitNets, 2015).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import ResNet

from classifier.nets import model
from classifier.training import probe
from modelkit.imagenet_features import FEATURES, ImageNetFeatures

TEMPERATURE = 2.0  # of the teacher's answers, which are surer than they should be
FEATURE_WEIGHT = 2.0  # of the features' part of the loss


class Teacher(nn.Module):
    """The frozen teacher: which answers and which features the student should have."""

    def __init__(self, network: ImageNetFeatures, fitted: probe.Probe) -> None:
        super().__init__()
        self.network = network
        self.mean = nn.Buffer(torch.from_numpy(fitted.mean))
        self.deviation = nn.Buffer(torch.from_numpy(fitted.deviation))
        self.weight = nn.Buffer(torch.from_numpy(fitted.weight))
        self.bias = fitted.bias

    @torch.no_grad()
    def forward(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Turn RGB uint8 N x 3 x S x S into N probabilities and N x 1280 features of length 1."""
        features = (self.network(squares).float() - self.mean) / self.deviation
        logits = features @ self.weight + self.bias
        return torch.sigmoid(logits / TEMPERATURE), F.normalize(features, dim=1)


class Student(nn.Module):
    """The ResNet18, and a projection of its features onto the teacher's; served without the projection."""

    def __init__(self, network: ResNet) -> None:
        super().__init__()
        self.network = network
        self.projection = nn.Linear(model.RESNET18_FEATURES, FEATURES)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Turn normalized N x 3 x S x S into N logits and N x 1280 features of length 1."""
        features = model.resnet18_features(self.network, inputs)
        logits: Tensor = self.network.fc(features)[:, 0]
        return logits, F.normalize(self.projection(features), dim=1)


def feature_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the mean of 1 - cosine over photos; features are N x 1280, each of length 1."""
    return FEATURE_WEIGHT * (1 - (student * teacher).sum(1)).mean()
