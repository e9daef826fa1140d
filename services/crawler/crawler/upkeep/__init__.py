"""Work between crawls: announcing, expiring, erasing."""
