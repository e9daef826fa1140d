"""What goes on beside crawls: announcing, expiring, erasing."""
