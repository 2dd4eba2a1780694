"""How hard the made tickets are: every bound of a level in one table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """Bounds within which a ticket's faults are drawn. Lengths in picture pixels are at 1920 wide.

    A pair is from and to; a single value is the worst, drawn evenly from none to it.
    """

    name: str
    seen_mm: tuple[float, float]  # how wide a piece of the desk the camera sees
    turn_deg: float  # the paper lies so far from upright
    tilt: float  # the camera's arm leans: near and far differ by about this part
    bend: float  # radians that half a slip turns away as it curls
    faded: float  # brightness of the print, paper being about 0.92
    patches: float  # uneven heat of the printing head
    dead_dots: int  # elements of the head that print nothing
    creases: int
    lamp_side: float  # one side of the desk is lighter by so much
    glare_chance: float
    glare_width: float  # of the picture's width
    glare_light: float
    glare_away: float  # how far from the code, of the picture's width
    defocus_px: float  # a Gaussian's sigma
    motion_px: float  # length of the streak
    exposure: float  # the darkest that a picture gets
    noise: float
    jpeg: int  # the worst quality


LEVELS = (
    Level(
        name="easy",
        seen_mm=(150, 210),
        turn_deg=8,
        tilt=0.02,
        bend=0.30,
        faded=0.15,
        patches=0.0,
        dead_dots=0,
        creases=0,
        lamp_side=0.10,
        glare_chance=0.0,
        glare_width=0.0,
        glare_light=0.0,
        glare_away=0.0,
        defocus_px=0.5,
        motion_px=0.0,
        exposure=0.8,
        noise=0.010,
        jpeg=85,
    ),
    Level(
        name="normal",
        seen_mm=(165, 220),
        turn_deg=30,
        tilt=0.08,
        bend=0.45,
        faded=0.30,
        patches=0.05,
        dead_dots=0,
        creases=1,
        lamp_side=0.20,
        glare_chance=0.35,
        glare_width=0.05,
        glare_light=0.5,
        glare_away=0.12,
        defocus_px=0.9,
        motion_px=3.0,
        exposure=0.6,
        noise=0.020,
        jpeg=70,
    ),
    Level(
        name="hard",
        seen_mm=(180, 280),
        turn_deg=180,
        tilt=0.20,
        bend=0.65,
        faded=0.56,
        patches=0.12,
        dead_dots=3,
        creases=3,
        lamp_side=0.35,
        glare_chance=0.55,
        glare_width=0.08,
        glare_light=0.8,
        glare_away=0.10,
        defocus_px=1.8,
        motion_px=5.0,
        exposure=0.4,
        noise=0.030,
        jpeg=50,
    ),
    Level(
        name="extreme",
        seen_mm=(190, 300),
        turn_deg=180,
        tilt=0.32,
        bend=0.90,
        faded=0.64,
        patches=0.20,
        dead_dots=5,
        creases=6,
        lamp_side=0.50,
        glare_chance=0.70,
        glare_width=0.11,
        glare_light=1.2,
        glare_away=0.08,
        defocus_px=2.1,
        motion_px=7.0,
        exposure=0.25,
        noise=0.040,
        jpeg=35,
    ),
)
