"""Matterport's Mask R-CNN: reads its `.h5` weights and computes in PyTorch what the original computes."""
