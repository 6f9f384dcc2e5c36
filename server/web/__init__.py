"""What all views share: reading JSON, streams, static files, headers, languages and preferences."""
