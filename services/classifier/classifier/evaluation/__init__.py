"""How good the answers are, measured offline. Nothing that serves imports it."""
