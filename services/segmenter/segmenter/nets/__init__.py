"""The networks, and how photos are prepared for them."""
