"""JSON is counted before it is parsed."""

import pytest

from server.web import request_json

PRESETS = "/backend-api/v2/presets"


@pytest.mark.parametrize("item", ["[]", "{}", "1", '""', '{"":0}', "[[1]]", "null", '","', r'"\""'])
def test_the_values_of_json_are_counted_before_it_is_parsed(client, item, monkeypatch):
    monkeypatch.setattr(request_json, "MOST_VALUES", 1000)
    monkeypatch.setattr(request_json, "_refuse_constant", None)
    body = f'{{"name":"a","params":{{}},"z":[{",".join([item] * 1001)}]}}'

    answer = client.post(PRESETS, data=body, content_type="application/json")

    assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid_request")
    assert "values" in answer.json["error"]["message"]


@pytest.mark.parametrize("text", [",[{" * 5000, '","' * 5000, "\\" * 5001 + ',"[', '\\",' * 5000, "Ä,🐈" * 5000])
def test_what_stands_in_a_text_is_no_value(client, text, monkeypatch):
    monkeypatch.setattr(request_json, "MOST_VALUES", 100)

    answer = client.post(PRESETS, json={"name": "A", "params": {"system": text[:7_000]}, "z": [1] * 50})

    assert answer.status_code == 201, answer.json


def test_as_many_values_as_the_longest_list_of_tokens_are_fine(client):
    answer = client.post(PRESETS, json={"name": "A", "params": {}, "z": [123] * (request_json.MOST_VALUES - 10)})

    assert answer.status_code == 201
