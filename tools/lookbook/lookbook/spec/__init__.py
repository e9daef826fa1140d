"""What an outfit looks like, in words and numbers."""
