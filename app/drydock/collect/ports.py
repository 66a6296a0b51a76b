"""The ports that a launch proposes."""

from drydock.core.facts import Known, Missing, Port
from drydock.world import World

JUPYTER, TENSORBOARD, SSH = 8888, 6006, 2222
PROPOSED = (JUPYTER, TENSORBOARD, SSH)


def collect_ports(world: World, numbers: tuple[int, ...] = PROPOSED) -> tuple[Port, ...]:
    """Try each port; where one is taken, ask by whom."""
    return tuple(_port(world, number) for number in numbers)


def _port(world: World, number: int) -> Port:
    taken = world.port_taken(number)
    asked = isinstance(taken, Known) and taken.value
    return Port(number=number, taken=taken, owner=world.port_owner(number) if asked else Missing("not_applicable"))
