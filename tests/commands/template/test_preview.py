"""grace template preview: nothing in a template or a device's name becomes markup of the page."""

from __future__ import annotations

import pytest

from harness import Grace


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("<p>Hello</p>\r\nthere", "<main><p>Hello</p><br>there</main>"),
        (
            "Hi <meta http-equiv=refresh content='0;url=https://e.example' ",
            "<main>Hi &lt;meta http-equiv=refresh content='0;url=https://e.example' </main>",
        ),
        ("<b>Hi", "<main><b>Hi</b></main>"),
        ("<i>Hi</i>", "<main><pre>&lt;i&gt;Hi&lt;/i&gt;</pre></main>"),
    ],
)
def test_only_the_allowed_tags_are_tags_of_the_page(grace: Grace, message: str, shown: str) -> None:
    grace.ok(["template", "new", "--name", "New", "--subject", "S", "--message", message, "--yes"])
    assert shown in grace.ok("template preview New -o html").stdout


def test_the_name_of_a_device_is_text_in_the_page(grace: Grace) -> None:
    lab = grace.lab()
    device = lab.store.all("device")[0]
    lab.store.put("device", device["id"], {**device, "deviceName": "<b>{{DeviceId}}"})
    lab.store.close()
    grace.ok("template new --name New --subject S --message '<u>{{DeviceName}}</u>' --yes")
    found = grace.ok(f"template preview New --device {device['id']} -o html").stdout
    assert "<main><u>&lt;b&gt;{{DeviceId}}</u></main>" in found
