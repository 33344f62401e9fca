"""A painting dropped on the page is really learnt: by the training itself, made small, in its process of its own."""

import asyncio
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamstyle import library
from streamstyle.web.gallery import Gallery
from streamstyle.web.trainings import Trainings
from tests.web.callers import house

PROGRAM = """
import sys, torch, run_stream
import streamstyle.training.run as run
torch.set_num_threads(1)
run.KEPT_SECONDS = 0.1
sys.exit(run_stream.main(sys.argv[1:]))
"""
"""The command that the page starts, with sheets more often than once a minute."""
SMALL = ("--style-size", "64", "--width", "8", "--crop", "64", "--batch", "1", "--steps", "12", "--threads", "1")


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, a painting, and weights that judge it."""
    torch = pytest.importorskip("torch")
    torchvision = pytest.importorskip("torchvision")
    numpy_files = pytest.importorskip("safetensors.torch")
    folder = tmp_path_factory.mktemp("material")
    (folder / "photos").mkdir()
    dice = np.random.default_rng(0)
    for index in range(9):
        soft = cv2.resize(dice.integers(0, 256, (6, 8, 3), np.uint8), (96, 72))
        cv2.imwrite(str(folder / "photos" / f"{index}.png"), soft)
    torch.manual_seed(0)
    numpy_files.save_file(torchvision.models.squeezenet1_0().state_dict(), folder / "judge.safetensors")
    return folder


def painting() -> bytes:
    stripes = np.zeros((96, 128, 3), np.uint8)
    stripes[::8], stripes[4::8, :, 2] = 255, 200
    return cv2.imencode(".png", stripes)[1].tobytes()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_painting_is_really_learnt(material: Path) -> None:
    def command(path: Path, name: str, folder: Path) -> list[str]:
        words = ["train", str(path), "--name", name, "--folder", str(folder), "--overwrite", *SMALL]
        words += ["--photos", str(material / "photos"), "--weights", str(material / "judge.safetensors")]
        return [sys.executable, "-c", PROGRAM, *words]

    async def taught() -> None:
        gallery = Gallery()
        async with house(gallery=gallery, trainings=Trainings(command, gallery.names)) as home:
            async with home.http.get("/config") as response:
                assert (await response.json())["train"]
            async with home.http.post("/train?name=Stripes!", data=painting()) as response:
                assert response.status == 202 and (await response.json())["name"] == "stripes"
            previews: list[bytes] = []
            report = {"state": "starting"}
            while report["state"] in ("starting", "training"):
                await asyncio.sleep(0.2)
                async with home.http.get("/train") as response:
                    report = await response.json()
                async with home.http.get("/train/preview") as response:
                    if response.status == 200 and (sheet := await response.read()) not in previews:
                        assert response.content_type == "image/jpeg"
                        previews.append(sheet)
            assert report["state"] == "done", report
            assert len(previews) > 1, "the preview did not grow"
            sheets = [cv2.imdecode(np.frombuffer(sheet, np.uint8), cv2.IMREAD_COLOR) for sheet in previews]
            assert all(sheet is not None and sheet.shape[1] > sheet.shape[0] > 100 for sheet in sheets)
            async with home.http.get("/config") as response:
                cards = {card["name"]: card for card in (await response.json())["styles"]}
            assert cards["stripes"]["thumbnail"]
            async with home.http.get("/styles/stripes/thumbnail") as response:
                assert response.status == 200

    asyncio.run(taught())
    assert library.find("stripes").is_file()
