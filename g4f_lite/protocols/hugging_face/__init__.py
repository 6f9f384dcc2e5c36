"""The Hugging Face Hub, and the providers of inference behind its router."""
