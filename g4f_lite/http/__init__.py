"""HTTP clients, time limits, and what a service's errors mean."""
