"""Outfits with a known truth: rendered, written as a data set, or served as a shop and a Graph API."""
