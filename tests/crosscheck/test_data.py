"""The data set as the harness hands it out."""

from __future__ import annotations

import pytest

from crosscheck import load_hsb
from crosscheck.data import checksum, fixtures, load
from crosscheck.errors import UsageError


def test_hsb_has_the_tutorials_names_and_its_centred_ses():
    hsb = load_hsb()
    assert hsb.shape == (7185, 12)
    assert hsb["id"].nunique() == 160
    assert hsb.attrs["name"] == "hsb"
    assert abs(hsb.groupby("id")["cses"].sum()).max() < 1e-12


def test_labels_stand_for_the_same_numbers():
    plain, labelled = load_hsb(), load_hsb(labelled=True)
    for column, labels in {"sector": ["Public", "Catholic"], "minority": ["No", "Yes"]}.items():
        assert labelled[column].cat.categories.tolist() == labels
        assert (labelled[column].cat.codes == plain[column]).all()
    assert labelled.attrs["name"] == "hsb"


def test_the_checksum_is_the_one_kept_beside_the_data():
    assert checksum("hsb") == (fixtures() / "SHA256SUMS").read_text().split()[0]


def test_an_unknown_data_set_is_refused():
    with pytest.raises(UsageError, match="no data set 'hbs'; known: hsb, hsb-labelled"):
        load("hbs")
