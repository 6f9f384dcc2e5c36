"""Operations: logs, backup, deployment check, systemd, statistics."""
