"""What every service is built on; each module says what it is for."""
