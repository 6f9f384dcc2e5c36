"""Presets: parameters saved under a name."""

import pytest

from server.problems import Problem
from server.store.presets import MOST
from tests.support.stores import ME, add_person

PRESETS = "/backend-api/v2/presets"
BRIEF = {"temperature": 0.5, "system": "Be brief."}


def add(client, name="Brief", params=BRIEF):
    response = client.post(PRESETS, json={"name": name, "params": params})
    assert response.status_code == 201, response.text
    return response.json


def listed(client):
    return client.get(PRESETS).json["presets"]


def refused(call, *arguments):
    with pytest.raises(Problem) as raised:
        call(*arguments)
    return raised.value.code


def test_a_preset_is_stored_replaced_and_deleted(client):
    assert listed(client) == []

    preset = add(client, " Brief ")
    assert preset == {"id": preset["id"], "name": "Brief", "params": BRIEF}
    assert listed(client) == [preset]

    changed = client.put(f"{PRESETS}/{preset['id']}", json={"name": "Wild", "params": {"top_p": 1, "system": " "}})
    assert (changed.status_code, changed.json) == (200, {**preset, "name": "Wild", "params": {"top_p": 1}})
    assert listed(client) == [changed.json]

    assert client.delete(f"{PRESETS}/{preset['id']}").status_code == 204
    assert listed(client) == []


def test_presets_are_listed_by_name(client):
    for name in ("b", "C", "a"):
        add(client, name)

    assert [preset["name"] for preset in listed(client)] == ["a", "b", "C"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"params": {}}, "name"),
        ({"name": "a"}, "params"),
        ({"name": " ", "params": {}}, "name"),
        ({"name": "x" * 101, "params": {}}, "name"),
        ({"name": 7, "params": {}}, "name"),
        ({"name": "a", "params": None}, "params"),
        ({"name": "a", "params": {"top_p": 0}}, "params.top_p"),
    ],
)
def test_an_invalid_preset_is_refused(client, body, field):
    preset = add(client)

    for response in (client.post(PRESETS, json=body), client.put(f"{PRESETS}/{preset['id']}", json=body)):
        assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")
        assert response.json["error"]["message"].startswith(field)
    assert listed(client) == [preset]


def test_a_name_is_unique(client):
    first, second = add(client, "a"), add(client, "b")

    for response in (
        client.post(PRESETS, json={"name": "a", "params": {}}),
        client.put(f"{PRESETS}/{second['id']}", json={"name": "a", "params": {}}),
    ):
        assert (response.status_code, response.json["error"]["code"]) == (409, "conflict")
        assert "Choose another name" in response.json["error"]["message"]
    assert listed(client) == [first, second]
    assert client.put(f"{PRESETS}/{first['id']}", json={"name": "a", "params": {}}).status_code == 200


def test_an_unknown_preset_is_not_found(client):
    for response in (
        client.put(f"{PRESETS}/never", json={"name": "a", "params": {}}),
        client.delete(f"{PRESETS}/never"),
    ):
        assert (response.status_code, response.json["error"]["code"]) == (404, "not_found")


def test_the_number_of_presets_is_limited(store):
    for number in range(MOST):
        preset = store.presets.add(ME, f"{number}", {})

    assert refused(store.presets.add, ME, "one more", {}) == "conflict"

    store.presets.remove(ME, preset.id)
    store.presets.add(ME, "one more", {})


def test_every_database_keeps_the_presets_of_people_apart(store):
    other = add_person(store, "other")
    mine, theirs = store.presets.add(ME, "a", BRIEF), store.presets.add(other, "a", {})

    assert (store.presets.all(ME), store.presets.all(other)) == ([mine], [theirs])
    assert refused(store.presets.add, ME, "a", {}) == "conflict"
    assert refused(store.presets.replace, ME, theirs) == "not_found"
    assert refused(store.presets.remove, ME, theirs.id) == "not_found"
    assert refused(store.presets.add, ME, "\0", {}) == "invalid_request"
    assert store.presets.all(other) == [theirs]
