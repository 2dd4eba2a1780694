"""How a made ticket comes about: what it says, the paper it is printed on, the light it lies in."""
