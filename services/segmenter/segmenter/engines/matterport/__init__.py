"""Matterport's Mask R-CNN: reads its `.h5` weights and says in PyTorch what the original says."""
