"""The languages in which Intune takes a notification message."""

from __future__ import annotations

from typing import NamedTuple


class Locale(NamedTuple):
    key: str
    """Lower case throughout, as Graph returns it and as it stands in message ids."""
    english: str
    native: str


_TABLE = (
    Locale("ar-sa", "Arabic (Saudi Arabia)", "العربية (المملكة العربية السعودية)"),
    Locale("bg-bg", "Bulgarian (Bulgaria)", "български (България)"),
    Locale("cs-cz", "Czech (Czechia)", "čeština (Česko)"),
    Locale("da-dk", "Danish (Denmark)", "dansk (Danmark)"),
    Locale("de-de", "German (Germany)", "Deutsch (Deutschland)"),
    Locale("el-gr", "Greek (Greece)", "ελληνικά (Ελλάδα)"),
    Locale("en-gb", "English (United Kingdom)", "English (United Kingdom)"),
    Locale("en-us", "English (United States)", "English (United States)"),
    Locale("es-es", "Spanish (Spain)", "español (España)"),
    Locale("es-mx", "Spanish (Mexico)", "español (México)"),
    Locale("et-ee", "Estonian (Estonia)", "eesti (Eesti)"),
    Locale("fi-fi", "Finnish (Finland)", "suomi (Suomi)"),
    Locale("fr-ca", "French (Canada)", "français (Canada)"),
    Locale("fr-fr", "French (France)", "français (France)"),
    Locale("he-il", "Hebrew (Israel)", "עברית (ישראל)"),
    Locale("hr-hr", "Croatian (Croatia)", "hrvatski (Hrvatska)"),
    Locale("hu-hu", "Hungarian (Hungary)", "magyar (Magyarország)"),
    Locale("it-it", "Italian (Italy)", "italiano (Italia)"),
    Locale("ja-jp", "Japanese (Japan)", "日本語 (日本)"),
    Locale("ko-kr", "Korean (Korea)", "한국어 (대한민국)"),
    Locale("lt-lt", "Lithuanian (Lithuania)", "lietuvių (Lietuva)"),
    Locale("lv-lv", "Latvian (Latvia)", "latviešu (Latvija)"),
    Locale("nb-no", "Norwegian Bokmål (Norway)", "norsk bokmål (Norge)"),
    Locale("nl-nl", "Dutch (Netherlands)", "Nederlands (Nederland)"),
    Locale("pl-pl", "Polish (Poland)", "polski (Polska)"),
    Locale("pt-br", "Portuguese (Brazil)", "português (Brasil)"),
    Locale("pt-pt", "Portuguese (Portugal)", "português (Portugal)"),
    Locale("ro-ro", "Romanian (Romania)", "română (România)"),
    Locale("ru-ru", "Russian (Russia)", "русский (Россия)"),
    Locale("sk-sk", "Slovak (Slovakia)", "slovenčina (Slovensko)"),
    Locale("sl-si", "Slovenian (Slovenia)", "slovenščina (Slovenija)"),
    Locale("sr-latn-rs", "Serbian (Latin, Serbia)", "srpski (latinica, Srbija)"),
    Locale("sv-se", "Swedish (Sweden)", "svenska (Sverige)"),
    Locale("th-th", "Thai (Thailand)", "ไทย (ไทย)"),
    Locale("tr-tr", "Turkish (Türkiye)", "Türkçe (Türkiye)"),
    Locale("uk-ua", "Ukrainian (Ukraine)", "українська (Україна)"),
    Locale("zh-cn", "Chinese (Simplified, China)", "中文（简体，中国）"),
    Locale("zh-tw", "Chinese (Traditional, Taiwan)", "中文（繁體，台灣）"),
)

LOCALES: dict[str, Locale] = {locale.key: locale for locale in _TABLE}
"""By key, in alphabetical order."""


def locale_key(text: str) -> str | None:
    """The key for any case and for underscores ("fr_FR", "sr-Latn-RS"); None for a locale that Intune lacks.

    A bare language is not filled up: "fr" could be fr-fr or fr-ca.
    """
    key = text.strip().lower().replace("_", "-")
    return key if key in LOCALES else None
