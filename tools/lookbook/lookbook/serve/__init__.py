"""A world over HTTP: the pages of a shop and the hashtag part of Instagram's Graph API."""
