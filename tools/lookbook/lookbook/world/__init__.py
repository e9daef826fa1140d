"""Weeks of posts and shops in which known items rise."""
