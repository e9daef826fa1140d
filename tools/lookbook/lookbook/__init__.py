"""Outfits with a known truth: rendered, written as a data set, or served as a shop and as a Graph API.

Five rooms, each of which imports only those before it:

- `spec`: what a photo shows, as values, and how it is sampled from a seed;
- `draw`: from a spec to pixels and masks;
- `write`: photos as files, and the DeepFashion2 layout;
- `world`: four weeks of posts and a shop, with a truth that is known exactly;
- `serve`: a world over HTTP.
"""
