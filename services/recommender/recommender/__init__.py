"""The recommender: which outfits for this person?

The catalog is what shops show: photos of kind SHOP with at least one garment, with or without a product. Social photos
say what is worn (through trends); they are never recommended. No shop outfit means the state NO_CATALOG.
"""
