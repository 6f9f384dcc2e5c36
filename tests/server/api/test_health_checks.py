"""`/healthz` and `/readyz`."""

import time
from pathlib import Path

from server.store import Store
from tests.support.waiting import wait_for


def test_a_running_server_is_alive_and_ready(client):
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_a_server_that_lost_its_database_to_another_is_not_ready_and_begins_no_turn(app, client, config, caplog):
    Path(config.database.removeprefix("sqlite:///") + ".lock").unlink()
    other = Store(config.database)
    other.lock()
    lost_at = time.monotonic()

    wait_for(lambda: client.get("/readyz").status_code == 503)
    assert time.monotonic() - lost_at < 2
    refused = client.post("/backend-api/v2/conversation", json={"message": {"content": "Hello"}})
    assert (refused.status_code, refused.json["error"]["code"]) == (503, "storage_unavailable")
    assert "lost the lock on the database" in caplog.text
    assert client.get("/healthz").status_code == 200

    other.close()
    wait_for(lambda: client.get("/readyz").status_code == 200)
    assert "has the lock on the database again" in caplog.text
