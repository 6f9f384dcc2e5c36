"""What a view needs to know about the current request: the services, the person, their models and limits."""
