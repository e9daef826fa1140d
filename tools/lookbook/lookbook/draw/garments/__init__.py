"""Garments: the pieces that each category is cut from, and the cloth on them."""
