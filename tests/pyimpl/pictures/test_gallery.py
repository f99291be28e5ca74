"""docs/gallery.md: every picture stands below the lines that draw it, and is there, small, and drawn by them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FOLDER = Path(__file__).parents[3] / "docs" / "gallery"


@pytest.fixture(scope="module")
def make():
    spec = importlib.util.spec_from_file_location("make_gallery", FOLDER / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_image_of_the_page_follows_a_block_and_each_file_is_shown(make):
    shown = re.findall(r"\]\(gallery/(\w+\.png)\)", make.PAGE.read_text(encoding="utf-8"))
    assert [name for _, name in make.blocks() if name] == shown
    assert sorted(shown) == sorted(path.name for path in FOLDER.glob("*.png"))
    assert len(shown) >= 25


def test_images_are_small():
    for path in FOLDER.glob("*.png"):
        assert path.stat().st_size < 60_000, path.name


def test_the_blocks_draw_the_images(make, tmp_path):
    """The first few, in full: the others are executed with the rest of the docs."""
    namespace = {}
    for code, name in make.blocks()[:6]:
        axes = make.run(code, namespace)
        if name:
            make.save(axes, tmp_path / name)
            with Image.open(tmp_path / name) as new, Image.open(FOLDER / name) as old:
                assert new.size == old.size
                ink = [np.asarray(image.convert("L")) < 200 for image in (new, old)]
            # Fonts and matplotlib's versions move a few pixels.
            assert ink[0].mean() == pytest.approx(ink[1].mean(), rel=0.2)
