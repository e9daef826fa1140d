"""The words that all services share (`fashion.words`), and color science (`fashion.lab`)."""
