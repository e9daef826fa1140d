"""Training of either network: one loop, its budget and its options. Nothing that serves imports it."""
