"""Four weeks of posts and a shop, planned so that three items rise in known colors, and the true shares of each week."""
