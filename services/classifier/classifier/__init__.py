"""Is it a fashion photo? The networks, their training and the service."""
