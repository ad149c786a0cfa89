"""Addresses are made absolute, spelled in ASCII, and doubted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.markup import ADDRESSES
from topicfeeds.text import fast_paths
from topicfeeds.text.urls import resolve_url, to_ascii_email, to_ascii_host, to_uri, url_warning

BASE = "https://www.example.org/news/1"


@given(ADDRESSES, st.sampled_from([BASE, "https://e.org", "http://é.org/a/b", "https://e.org:8080/x?y=/z#/u", "x:y"]))
def test_plain_addresses_are_put_together_as_all_others_are(address: str, base: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fast_paths, "ENABLED", False)
        slow = resolve_url(base, address, "a")
        patched.setattr(fast_paths, "ENABLED", True)
        assert resolve_url(base, address, "a") == slow


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("https://münchen.example/straße?q=ä#ö", "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%C3%A4#%C3%B6"),
        ("https://example.org/a%20b/é", "https://example.org/a%20b/%C3%A9"),
        ("https://München.example:8080/", "https://xn--mnchen-3ya.example:8080/"),
        ("mailto:é@example.org", "mailto:%C3%A9@example.org"),
    ],
)
def test_an_iri_is_spelled_in_ascii(iri: str, uri: str) -> None:
    assert to_uri(iri) == uri


@pytest.mark.parametrize("host", ["a..b", "é\u0378.example", f"{'é' * 70}.example"])
def test_a_host_that_dns_cannot_know_is_none(host: str) -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        to_ascii_host(host if not host.isascii() else f"é.{host}")


def test_a_host_is_known_by_its_ascii_name() -> None:
    assert to_ascii_host("WWW.Example.org") == "www.example.org"
    assert to_ascii_host("Straße.example") == "xn--strae-oqa.example"


@pytest.mark.parametrize(
    ("address", "doubt"),
    [
        ("https://example.org/" + "x" * 2028, None),
        (
            "https://example.org/" + "x" * 2029,
            "is longer than 2,048 characters (shorten it: some readers cut long addresses)",
        ),
        (
            "https://www.example.org/?a=1&#038;b=2",
            "contains &#038; (write & instead: the address is encoded as HTML)",
        ),
        ("https://a.internal/b/c", "points to a.internal, which other computers cannot reach (write a public address)"),
        ("http://10.0.0.1/b/c", "points to 10.0.0.1, which other computers cannot reach (write a public address)"),
        ("http://9.9.9.9/b/c", None),
        ("https://example.org/b/c?d=http://localhost/", None),
        ("https://g\u043e\u043egle.example/", "mixes Cyrillic and Latin letters in one name (check the host)"),
    ],
)
def test_an_address_that_a_person_should_look_at_is_told(address: str, doubt: str | None) -> None:
    assert url_warning(address) == doubt


def test_the_host_of_an_email_is_ascii() -> None:
    given = ("a@Müller.example", "a@B.example", "a@ö..example", "")
    assert [*map(to_ascii_email, given)] == ["a@xn--mller-kva.example", "a@B.example", "a@ö..example", ""]
