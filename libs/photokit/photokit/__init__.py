"""Photos, masks and blobs, for those that touch pixels."""
