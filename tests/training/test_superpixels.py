import numpy as np

from streamstyle.frames import Image
from streamstyle.training.superpixels import adaptively_coloured, merged, structure, superpixels


def picture_of(values: list[list[int]]) -> Image:
    return np.repeat(np.array(values, np.uint8)[..., None], 3, axis=2)


def test_an_even_region_takes_its_mean_and_a_busy_one_its_median() -> None:
    # Region 0 spreads by 8.2 grey levels (mean 10), region 1 by 117 (mean 90, median 10), region 2 by 30 (mean 60,
    # median 45): half of each is 52.5.
    picture = picture_of([[0, 10, 20], [10, 10, 250], [30, 45, 105]])
    labels = np.array([[0, 0, 0], [1, 1, 1], [2, 2, 2]])
    even = adaptively_coloured(picture, labels, power=1.0)
    # The brightest, 52.5, becomes white.
    expected = np.rint(np.array([10, 10, 52.5]) / 52.5 * 255)
    between = np.std([30, 45, 105])
    assert 20 < between < 40
    np.testing.assert_array_equal(even[:, 0, 0], expected)
    assert (even == even[:, :1, :1]).all()


def test_the_power_darkens_what_is_not_white() -> None:
    picture = picture_of([[51, 51], [255, 255]])
    labels = np.array([[0, 0], [1, 1]])
    painted = adaptively_coloured(picture, labels, power=1.2)
    assert painted[0, 0, 0] == np.rint(255 * 0.2**1.2)
    assert painted[1, 0, 0] == 255


def test_a_black_picture_stays_black() -> None:
    assert not structure(np.zeros((24, 24, 3), np.uint8)).any()


def test_the_most_alike_neighbours_merge_first() -> None:
    picture = np.zeros((30, 30, 3), np.uint8)
    picture[:, 10:20] = (12, 0, 0)
    picture[:, 20:] = (0, 0, 255)
    labels = np.repeat(np.array([[0] * 10 + [1] * 10 + [2] * 10]), 30, axis=0)
    joined = merged(picture, labels, 2)
    assert joined[0, 0] == joined[0, 10] != joined[0, 20]
    assert (merged(picture, labels, 1) == 0).all()
    assert (merged(picture, labels, 5) == labels).all()


def test_regions_follow_the_edges_of_what_is_there() -> None:
    random = np.random.default_rng(3)
    picture = np.full((64, 64, 3), 200, np.uint8)
    picture[16:48, 16:48] = (200, 30, 30)
    noisy = np.clip(picture + random.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    labels = superpixels(noisy, count=2)
    inside, outside = labels[16:48, 16:48], labels.copy()
    outside[16:48, 16:48] = labels[0, 0]
    assert labels.max() == 1
    assert (inside == labels[32, 32]).mean() > 0.95
    assert (outside == labels[0, 0]).mean() > 0.95
    flat = structure(noisy, count=2)
    assert len(np.unique(flat.reshape(-1, 3), axis=0)) == 2
