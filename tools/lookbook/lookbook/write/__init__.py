"""Photos as files: JPEG, broken files, and a data set in the DeepFashion2 layout."""
