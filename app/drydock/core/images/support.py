"""Until when an image, and the driver and GPU it runs on, are looked after."""

from drydock.core.images.catalogue import Image
from drydock.core.images.result import Support
from drydock.core.images.situation import Situation


def support_of(image: Image, situation: Situation) -> Support:
    """Return the known ends of support of an image and of what carries it, as the catalogue has them.

    Dates are given, not judged: whether they are past is for those who have a clock.
    """
    return Support()
