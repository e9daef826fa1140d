"""Labeled photos, for training and evaluation."""
