"""From a spec to a photo: people, the clothes on them, what is behind them, and the mask of every garment."""
