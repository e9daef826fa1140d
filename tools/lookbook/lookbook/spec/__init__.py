"""What a photo shows, as values: the spec of a photo, styles and colors, and how specs are sampled from a seed."""
