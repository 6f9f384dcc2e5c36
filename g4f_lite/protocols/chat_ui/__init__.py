"""The protocol of chat-ui servers of May to September 2023."""
