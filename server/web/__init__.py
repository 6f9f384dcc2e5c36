"""What all views share: bodies in, streams and files out, languages and preferences."""
