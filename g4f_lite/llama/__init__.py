"""GGUF files on this machine, answered by llama.cpp in a child process."""
