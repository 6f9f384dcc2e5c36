"""What whoever runs the server needs: logs, backup, checks, systemd."""
