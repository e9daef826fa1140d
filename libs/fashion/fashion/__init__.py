"""The words that everybody shares (`fashion.words`), and color science (`fashion.lab`)."""
