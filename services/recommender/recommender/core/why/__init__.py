"""Why an outfit is shown, in sentences that hold."""
