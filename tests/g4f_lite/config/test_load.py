"""The configuration file: its keys and defaults, and its mistakes."""

import json
from pathlib import Path
from typing import Any

import pytest

from g4f_lite.config import load as module
from g4f_lite.config.defaults import MODELS, PROVIDERS
from g4f_lite.config.load import CatalogConfig, load
from g4f_lite.config.settings import DefaultParams, Price
from g4f_lite.errors import ConfigError
from g4f_lite.providers import KINDS

OPENAI = {"kind": "OpenAICompatible", "base_url": "https://api.example.org/v1"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def loaded(file: Path, document: dict[str, Any], environ: dict[str, str] | None = None) -> CatalogConfig:
    file.write_text(json.dumps(document))
    return load(file, CatalogConfig, environ or {}, KINDS)


def mistakes(file: Path, document: dict[str, Any], environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(file, document, environ)
    return caught.value.mistakes


def mistakes_of_text(file: Path, text: str | bytes) -> list[str]:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as caught:
        load(file, CatalogConfig, {}, KINDS)
    return [mistake.replace(str(file), "config.json") for mistake in caught.value.mistakes]


def test_a_model_may_be_one_route_a_list_of_them_or_an_object(file: Path) -> None:
    long = {
        "routes": ["openai/gpt", "guide/guide"],
        "label": "GPT",
        "params": {"temperature": 1, "stop": ["END"]},
        "system": "Be brief.",
        "vision": True,
        "context": 2048,
        "price": {"input": 0.5, "output": 2},
    }
    document = {
        "providers": {"guide": {"kind": "Guide"}, "openai": OPENAI},
        "models": {"one": "openai/org/gpt", "some": ["openai/gpt", "guide/guide"], "long": long},
    }

    models = loaded(file, document).models

    assert models["one"].routes == ("openai/org/gpt",)
    assert models["some"].routes == ("openai/gpt", "guide/guide")
    assert models["long"].params == DefaultParams(temperature=1, stop=("END",))
    assert models["long"].price == Price(input=0.5, output=2)


def test_what_the_file_leaves_out_has_a_default(file: Path) -> None:
    config = loaded(file, {})

    assert list(config.providers) == list(PROVIDERS)
    assert list(config.models) == list(MODELS)
    assert config.default_model == "guide"


def test_a_file_with_other_providers_has_none_of_the_models_that_need_them(file: Path) -> None:
    config = loaded(file, {"providers": {"guide": {"kind": "Guide"}, "huggingface": {"kind": "HuggingFaceAPI"}}})

    assert list(config.models) == ["guide"]


def test_the_first_model_is_the_default_one(file: Path) -> None:
    config = loaded(file, {"models": {"b": "guide/guide", "a": "guide/guide"}})

    assert config.default_model == "b"


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STANDARD_FILE", tmp_path / "config.json")

    assert load(None, CatalogConfig, {}, KINDS) == loaded(tmp_path / "elsewhere.json", {})


def test_the_keys_of_the_site_are_not_for_the_package(file: Path) -> None:
    config = loaded(file, {"site_config": {"port": "${PORT}"}, "database": 5})

    assert config == loaded(file, {})


def test_a_byte_order_mark_is_no_mistake(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbf{"default_model": "guide/guide"}')

    assert load(file, CatalogConfig, {}, KINDS).default_model == "guide/guide"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('{"models": {},\n}', "config.json: line 2, column 1: invalid JSON: Expecting property name"),
        ("", "config.json: line 1, column 1: invalid JSON"),
        ("[]", "config.json: must contain a JSON object"),
        (b'{"default_model": "\xff"}', "config.json: is not UTF-8 text"),
        ('{"default_model": "\\ud800"}', "config.json: contains an unpaired surrogate"),
        ('{"models": ' + "9" * 5000 + "}", "config.json: contains a number with too many digits"),
        ("[" * 100_000, "config.json: objects and lists are nested more than 64 deep"),
        ('{"a":' * 65 + "1" + "}" * 65, "config.json: objects and lists are nested more than 64 deep"),
        ('{"models": {"a": "guide/guide", "a": "x/y"}}', "models.a: appears more than once"),
    ],
)
def test_a_file_that_is_not_sound_json_is_a_mistake(file: Path, text: str | bytes, mistake: str) -> None:
    (line,) = mistakes_of_text(file, text)

    assert line.startswith(mistake)


def test_a_file_that_is_not_there_is_a_mistake(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.json: cannot be read: No such file"):
        load(file, CatalogConfig, {}, KINDS)


def test_a_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, CatalogConfig, {}, KINDS)


PROVIDER_MISTAKES = [
    ({"timeout": {"conect": 5}}, 'timeout.conect: unknown key; did you mean "connect"?'),
    ({"base_ulr": "x"}, 'base_ulr: unknown key; did you mean "base_url"?'),
    ({"missing_variables": ["X"]}, "missing_variables: unknown key"),
    ({"timeout": {"connect": "5"}}, "timeout.connect: must be a number of seconds, not text"),
    ({"timeout": {"idle": 0}}, "timeout.idle: must be greater than 0"),
    ({"timeout": {"total": True}}, "timeout.total: must be a number of seconds, not true or false"),
    ({"timeout": None}, "timeout: must be an object, not null"),
    ({"max_concurrent": 1.5}, "max_concurrent: must be a whole number"),
    ({"max_concurrent": -1}, "max_concurrent: must be at least 0"),
    ({"enabled": "yes"}, "enabled: must be true or false, not text"),
    ({"models": "gpt"}, "models: must be a list, not text"),
    ({"models": ["gpt", 4]}, "models.1: must be text, not a number"),
    ({"base_url": "localhost:11434"}, "base_url: must be an address that starts with http:// or https://"),
    ({"base_url": "http://"}, "base_url: must be an address that starts with http:// or https://"),
    ({"base_url": "http://host:99999"}, "base_url: must be an address that starts with http:// or https://"),
    ({"base_url": "http://host/a b"}, "base_url: must be an address that starts with http:// or https://"),
    ({"base_url": "http://me:word@host/"}, "base_url: must not contain a user name or password; put credentials in"),
    ({"proxy": "socks5://host"}, "proxy: must be an address that starts with http:// or https://"),
    ({"headers": {"X-A": "1\r\nX-B: 2"}}, "headers.X-A: must be printable ASCII without line"),
    ({"headers": {"X A": "1"}}, "headers.X A: must be a valid header name"),
    ({"headers": {"X-A": 1}}, "headers.X-A: must be text, not a number"),
    ({"api_key": "ke\ny"}, "api_key: must be printable ASCII without line breaks"),
    ({"kind": "OpenAI"}, 'kind: unknown kind; did you mean "OpenAICompatible"?'),
    ({"kind": "OpenAiCompatible"}, 'kind: unknown kind; did you mean "OpenAICompatible"?'),
    ({"kind": "LocalModel", "options": {"thread": 1}}, 'options.thread: unknown key; did you mean "threads"?'),
    ({"kind": "LocalModel", "options": {"keep_loaded_s": "1"}}, "options.keep_loaded_s: must be a number, not text"),
    ({"options": []}, "options: must be an object, not a list"),
]


@pytest.mark.parametrize(("entry", "mistake"), PROVIDER_MISTAKES)
def test_a_mistake_in_a_provider_names_its_place_and_the_remedy(
    file: Path, entry: dict[str, Any], mistake: str
) -> None:
    (line,) = mistakes(file, {"providers": {"guide": {"kind": "Guide"}, "x": {**OPENAI, **entry}}})

    assert line.startswith(f"providers.x.{mistake}")


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        ({"providers": []}, "providers: must be an object, not a list"),
        ({"providers": {"guide": {}}}, "providers.guide.kind: is missing"),
        ({"providers": {"guide": "Guide"}}, "providers.guide: must be an object, not text"),
        ({"providers": {"guide": {"kind": "Guide"}, "a/b": OPENAI}}, "providers.a/b: must not contain /"),
        ({"providers": {"guide": {"kind": "Guide"}, "": OPENAI}}, 'providers."": must be a printable name'),
        ({"providers": {"guide": {"kind": "Guide"}, "a\n": OPENAI}}, 'providers."a\\n": must be a printable name'),
        ({"providers": {"x": OPENAI}}, "default_model: is missing"),
        ({"models": {"m": "opnai/gpt"}}, 'models.m: unknown provider; did you mean "openai"?'),
        ({"models": {"m": ["guide/guide", "x/y"]}}, "models.m.1: unknown provider; valid choices: allenai, anthropic,"),
        ({"models": {"m": {"routes": ["opnai/gpt"]}}}, 'models.m.routes.0: unknown provider; did you mean "openai"?'),
        ({"models": {"m": "guide"}}, "models.m: must be a provider and a model name"),
        ({"models": {"m": "guide/"}}, "models.m: must be a provider and a model name"),
        ({"models": {"m": []}}, "models.m: must not be empty"),
        ({"models": {"m": [5]}}, "models.m.0: must be text, not a number"),
        ({"models": {"m": 5}}, "models.m: must be an object, not a number"),
        ({"models": {"m": {}}}, "models.m.routes: is missing"),
        ({"models": {"": "guide/guide"}}, 'models."": must be a printable name'),
        (
            {"models": {"m": {"routes": ["guide/guide"], "price": {"imput": 1}}}},
            "models.m.price.imput: unknown key",
        ),
        ({"models": {"m": {"routes": ["guide/guide"], "params": {"temperature": 3}}}}, "models.m.params.temperature: "),
        ({"default_model": "guid"}, 'default_model: unknown model; did you mean "guide"?'),
        ({"default_model": "openai"}, "default_model: unknown model; valid choices: falcon-40b, guide, tulu-3-405b"),
        ({"default_model": 5}, "default_model: must be text, not a number"),
        ({"default_model": "${NAME}"}, "default_model: the variable NAME is set neither"),
    ],
)
def test_a_mistake_names_its_place_and_the_remedy(file: Path, document: dict[str, Any], mistake: str) -> None:
    assert mistakes(file, document)[0].startswith(mistake)


def test_all_mistakes_are_reported_at_once(file: Path) -> None:
    document = {
        "providers": {"a": {"kind": "Gide"}, "b": {**OPENAI, "timeout": {"conect": 1}}},
        "models": {"m": ["c/x"], "n": {"routes": ["b/x"], "labl": ""}, "o": {"routes": ["b/x"], "system": "${S}"}},
        "default_model": "p",
    }

    places = {line.split(":")[0] for line in mistakes(file, document)}

    assert places == {
        "providers.a.kind",
        "providers.b.timeout.conect",
        "models.m.0",
        "models.n.labl",
        "models.o.system",
        "default_model",
    }


def test_a_mistake_never_shows_a_secret(file: Path) -> None:
    entry = {
        "kind": "SECRET",
        "api_key": "SECRET\n",
        "headers": {"X": "SECRET\n", "Y": ["SECRET"]},
        "proxy": "SECRET",
        "base_url": "SECRET",
        "timeout": "SECRET",
        "options": "SECRET",
    }

    told = "\n".join(mistakes(file, {"providers": {"x": entry}, "models": {"m": "SECRET/x"}}))

    assert told.count("\n") >= 7
    assert "SECRET" not in told


def test_a_configuration_does_not_show_its_secrets(file: Path) -> None:
    entry = {**OPENAI, "api_key": "SECRET", "headers": {"X": "SECRET"}, "proxy": "http://me:SECRET@host"}

    config = loaded(file, {"providers": {"x": entry}, "default_model": "x/y"})

    assert "SECRET" not in repr(config)


def test_a_variable_is_filled_in_wherever_it_stands(file: Path) -> None:
    entry = {**OPENAI, "api_key": "${KEY}", "headers": {"X-Key": "Key ${KEY}!"}, "models": ["${MODEL}"]}

    config = loaded(
        file, {"providers": {"x": entry}, "models": {"m": "x/${MODEL}"}}, {"KEY": "k${KEY}", "MODEL": "gpt"}
    )

    x = config.providers["x"]
    assert (x.api_key, x.headers, x.models) == ("k${KEY}", {"X-Key": "Key k${KEY}!"}, ("gpt",))
    assert config.models["m"].routes == ("x/gpt",)


def test_two_dollar_signs_stand_for_one(file: Path) -> None:
    model = {"routes": ["guide/guide"], "system": "In a shell, $${HOME} is set; $1 and ${1} and $ {HOME} are not."}

    config = loaded(file, {"models": {"m": model}})

    assert config.models["m"].system == "In a shell, ${HOME} is set; $1 and ${1} and $ {HOME} are not."


@pytest.mark.parametrize("environ", [{}, {"KEY": ""}])
def test_a_variable_that_is_not_set_switches_its_provider_off(file: Path, environ: dict[str, str]) -> None:
    entry = {**OPENAI, "api_key": "${KEY}", "headers": {"X-Key": "Key ${KEY}", "X-Other": "${OTHER}"}}

    config = loaded(file, {"providers": {"x": entry}, "default_model": "x/y"}, environ)

    assert config.providers["x"].missing_variables == ("KEY", "OTHER")
    assert config.providers["x"].headers == {"X-Key": "", "X-Other": ""}


def test_a_variable_of_a_provider_that_is_off_does_not_matter(file: Path) -> None:
    config = loaded(
        file, {"providers": {"x": {**OPENAI, "enabled": False, "api_key": "${KEY}"}}, "default_model": "x/y"}
    )

    assert config.providers["x"].missing_variables == ()


def test_a_folder_of_models_starts_at_the_folder_of_the_file(file: Path) -> None:
    document = {"providers": {"l": {"kind": "LocalModel", "options": {"models_dir": "gguf"}}}, "default_model": "l/x"}

    assert loaded(file, document).providers["l"].options["models_dir"] == str(file.parent / "gguf")
    assert loaded(file, {}).providers["local"].options["models_dir"] == str(file.parent / "data" / "models")


def test_the_same_file_gives_the_same_configuration(file: Path) -> None:
    assert loaded(file, {}) == loaded(file, {})


def test_an_override_wins_over_the_file(file: Path) -> None:
    file.write_text('{"providers": {"guide": {"kind": "Guide"}}}')

    config = load(file, CatalogConfig, {}, KINDS, {"models": {"other": "guide/guide"}})

    assert list(config.models) == ["guide", "other"]


@pytest.mark.parametrize("name", ["max_inputs_length", "max_inputs_lenght"])
def test_an_option_with_two_names_is_read_by_either(tmp_path, name):
    file = tmp_path / "config.json"
    file.write_text(
        json.dumps({"providers": {"hf": {"kind": "HuggingFaceAPI", "options": {name: 99}}}, "models": {"m": "hf/m"}})
    )

    config = load(file, CatalogConfig, {}, KINDS)

    assert config.providers["hf"].options["max_inputs_length"] == 99


def test_an_option_given_by_both_names_is_a_mistake(tmp_path):
    file = tmp_path / "config.json"
    options = {"max_inputs_length": 99, "max_inputs_lenght": 98}
    file.write_text(
        json.dumps({"providers": {"hf": {"kind": "HuggingFaceAPI", "options": options}}, "models": {"m": "hf/m"}})
    )

    with pytest.raises(ConfigError) as caught:
        load(file, CatalogConfig, {}, KINDS)

    path = "providers.hf.options.max_inputs_lenght"
    assert caught.value.mistakes == [f'{path}: unknown key; did you mean "max_inputs_length"?']


def test_members_may_be_added_to_a_request_where_one_is_sent(file: Path) -> None:
    thinking_off = {"chat_template_kwargs": {"enable_thinking": False}}
    document = {
        "providers": {"openai": {**OPENAI, "extra_body": {"reasoning_effort": "low"}}},
        "models": {"m": {"routes": ["openai/m"], "extra_body": thinking_off}},
    }

    config = loaded(file, document)

    assert config.providers["openai"].extra_body == {"reasoning_effort": "low"}
    assert config.models["m"].extra_body == thinking_off


def test_members_that_no_service_would_get_are_a_mistake(file: Path) -> None:
    document = {
        "providers": {
            "h2o": {"kind": "H2o", "extra_body": {"seed": 1}},
            "guide": {"kind": "Guide"},
            "openai": {**OPENAI, "extra_body": {"model": "x", "stream": False}},
        },
        "models": {"m": {"routes": ["guide/guide"], "extra_body": {"seed": 1}}},
    }

    assert mistakes(file, document) == [
        "providers.openai.extra_body: must not have model, stream, which each question sets itself",
        "providers.h2o.extra_body: is not sent by the kind H2o",
        "models.m.extra_body: is not sent by guide",
    ]


@pytest.mark.parametrize("key", ["sk-1", '"sk-1"', "'sk-1'", "Bearer sk-1", "bearer  sk-1 ", ' "Bearer sk-1"\n'])
def test_a_key_is_taken_without_quotes_and_without_the_name_of_the_scheme(file: Path, key: str) -> None:
    entry = {**OPENAI, "base_url": " https://api.example.org/v1 ", "api_key": "${KEY}"}

    [provider] = loaded(
        file, {"providers": {"openai": entry}, "models": {"m": "openai/m"}}, {"KEY": key}
    ).providers.values()

    assert (provider.api_key, provider.base_url) == ("sk-1", "https://api.example.org/v1")


def test_a_query_in_an_address_is_no_matter_of_passwords(file: Path) -> None:
    entry = {**OPENAI, "base_url": "https://a.openai.azure.com/openai?api-version=2024-10-21"}

    [mistake] = mistakes(file, {"providers": {"openai": entry}, "models": {"m": "openai/m"}})

    assert "api-version" in mistake and "password" not in mistake
