"""`/healthz` and `/readyz`."""


def test_a_running_server_is_alive_and_ready(client):
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}
