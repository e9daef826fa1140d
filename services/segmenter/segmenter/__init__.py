"""Which garments, which pixels? Mask R-CNN over 13 categories, its training and its service."""
