"""How the pages word figures."""

import pytest

from pages.parts.words import duration, number, percent, plain


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "0 s"),
        (41.6, "42 s"),
        (59.7, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.8, "1 h 00 min"),
        (7800, "2 h 10 min"),
    ],
)
def test_a_duration_is_worded_in_the_units_that_matter(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(("share", "words"), [(None, "–"), (0, "0.00%"), (0.93125, "93.12%"), (1, "100.00%")])
def test_a_share_is_worded_in_per_cent(share, words):
    assert percent(share) == words


def test_a_figure_has_the_decimals_asked_for():
    assert (number(None), number(0.12345), number(2, 1)) == ("–", "0.123", "2.0")


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Result\n---\n=== x", "Result\n\\---\n\\=== x"),
        ("- x\n+ y\n1. z\n2) z", "\\- x\n\\+ y\n1\\. z\n2\\) z"),
        ("    code", "code"),
        ("3 - 2 = 1, 0.5", "3 - 2 = 1, 0.5"),
        ("*a* <b> & [c](d) `e`", r"\*a\* \<b\> \& \[c\](d) \`e\`"),
        ("see https://a.org", "see https\u2060\\://a.org"),
        ("www.a.org", "www\u2060.a.org"),
        ("a@b.org", "a@\u2060b.org"),
        ("a -> b", "a -\u2060\\> b"),
        (":material/home:", "\\:\u2060material/home\\:"),
    ],
)
def test_text_of_others_has_no_meaning_in_markdown(text, markdown):
    assert plain(text) == markdown
