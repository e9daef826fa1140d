"""Outfits beside an outfit: what is like it, and what goes with it."""
