"""The Hugging Face Hub, and the inference providers of its router."""
