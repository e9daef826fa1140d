"""From what a source sends to offers and photos: feeds, product pages, tables."""
