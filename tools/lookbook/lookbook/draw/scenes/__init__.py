"""What is behind people, and photos without people: views and things."""
