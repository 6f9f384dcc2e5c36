"""What one person, key or address may ask for, and how it is counted."""
