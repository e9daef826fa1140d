"""What every service stands on; each module says what it is for."""
