"""MongoDB, and the memory that follows it."""
