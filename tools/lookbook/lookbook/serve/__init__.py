"""The look-book as a shop and as a Graph API, over HTTP."""
