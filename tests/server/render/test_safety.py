"""At no moment does an answer run, load, submit or leave its box."""

import nh3
import pytest

from server.render import Rendering, blocks
from server.render.sanitise import clean
from tests.support.hostile import PAYLOADS
from tests.support.safe_html import faults


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_does_no_harm(payload):
    assert faults("".join(blocks(payload))) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_does_no_harm_at_any_moment_of_its_arrival(payload):
    rendering = Rendering("Before.\n\n")
    size = 1 + len(payload) // 300

    for start in range(0, len(payload), size):
        rendering.feed(payload[start : start + size], start + 1)
        rendering.update()

        assert faults("".join(block.html for block in rendering.blocks)) == []


@pytest.mark.parametrize(
    "around", ["> {}", "- {}", "1. a\n   {}", "| {} |\n|---|\n| {} |", "**{}**", "[{}](https://a.example)"]
)
def test_a_payload_does_no_harm_inside_something_else(around):
    for payload in PAYLOADS:
        assert faults("".join(blocks(around.replace("{}", payload)))) == [], payload


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if payload.isascii() and "<" in payload])
def test_the_sanitiser_alone_would_stop_raw_html(payload):
    left = faults(clean(f"<p>{payload}</p>"))

    assert [fault for fault in left if not fault.endswith("opens here")] == []


def test_the_test_sees_what_a_careless_sanitiser_lets_through():
    assert faults(nh3.clean("<img src=https://evil.example/x.png>")) == ["<img>", "<img src>", "<img> never closed"]


def test_the_host_shown_is_the_host_reached():
    html = "".join(blocks("[bank.example](https://bank.example@evil.example/ 'bank.example')"))

    assert 'title="evil.example"' in html


def test_a_host_in_other_letters_is_shown_in_ascii():
    assert 'title="xn--e1awd7f.com"' in "".join(blocks("[a](https://еріс.com)"))


def test_an_image_is_a_link_that_names_its_host():
    (html,) = blocks("![a cat](https://pictures.example/cat.png)")

    assert 'class="external image-link"' in html
    assert ">a cat (pictures.example)</a>" in html
