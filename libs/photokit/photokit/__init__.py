"""Photos, masks and blobs, for services that work with pixels."""
