"""Is it a fashion photo? A ResNet18 with one logit, its training and its service."""
