"""Backgrounds, and scenes without people."""
