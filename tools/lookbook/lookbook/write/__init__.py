"""The look-book as files: JPEG, DeepFashion2 annotations, broken files."""
