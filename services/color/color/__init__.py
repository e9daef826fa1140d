"""The color service: measure and name the colors of garments."""
