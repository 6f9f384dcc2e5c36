"""Pure decoders: bytes in, records and pieces out."""
