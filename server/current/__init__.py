"""What a view asks of the request at hand: the services, the person, their models and limits."""
