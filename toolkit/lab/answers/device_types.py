"""Graph's deviceType for the lab's devices, which only beta shows."""

from __future__ import annotations

from toolkit.lab.answers import Document

DEVICE_TYPES = {
    "windows": "desktop",
    "macos": "macMDM",
    "ios": "iPhone",
    "android": "android",
    "android-work-profile": "androidForWork",
    "android-dedicated": "androidEnterprise",
    "android-fully-managed": "androidEnterprise",
    "android-corporate-work-profile": "androidEnterprise",
    "aosp": "androidnGMS",
    "linux": "linux",
}
"""By the lab's kind of device; which member stands for which Android is our reading of their names."""


def device_type(device: Document) -> str:
    """What the device was brought with, otherwise what its kind and model say."""
    if device.get("deviceType"):
        return str(device["deviceType"])
    if str(device.get("model")).startswith("iPad"):
        return "iPad"
    return DEVICE_TYPES.get(device["lab"]["variant"], "unknown")
