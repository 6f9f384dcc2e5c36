"""The protocols of services, a folder each: request bodies, and decoders of replies."""
