"""Training: a ResNet18 or a linear probe. Nothing that serves imports it."""
