"""What the two networks share: weight folders, ImageNet weights, precision, fast inference, and training."""
