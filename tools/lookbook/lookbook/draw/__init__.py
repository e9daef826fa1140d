"""Draws people in outfits, with the mask of every garment."""
