"""Training. Nothing that serves imports it."""
