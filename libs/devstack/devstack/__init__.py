"""Starts the broker, the database and the services as processes."""
