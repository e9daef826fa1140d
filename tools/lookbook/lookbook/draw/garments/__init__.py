"""Garments: their outlines and their cloth."""
