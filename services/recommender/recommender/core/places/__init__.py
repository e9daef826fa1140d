"""Who gets which place: from scored outfits to an answer."""
