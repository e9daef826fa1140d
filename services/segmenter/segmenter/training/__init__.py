"""Training of the Mask R-CNN. Nothing that serves imports it."""
