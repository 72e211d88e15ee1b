"""The words the catalogue is made of: what the shop sells, in which materials, and for about how much."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Department:
    """Every manner × material × thing of a department is one product that the shop could sell."""

    name: str
    blurb: str
    manners: tuple[str, ...]
    materials: tuple[str, ...]
    things: tuple[tuple[str, int], ...]
    """Name and usual price in pounds."""


DEPARTMENTS: tuple[Department, ...] = (
    Department(
        name="Kitchen",
        blurb="Made for daily use. Wipe clean, dry upright, and oil it twice a year.",
        manners=("Plain", "Oiled", "Hand-turned", "Small", "Large", "Slim", "Dark", "Everyday"),
        materials=("walnut", "beech", "olive wood", "cherry", "ash", "oak"),
        things=(
            ("bread board", 28),
            ("salt & pepper mills", 36),
            ("rolling pin", 18),
            ("butter dish", 16),
            ("spice rack", 34),
            ("fruit bowl", 42),
            ("porridge spoon", 7),
            ("knife block", 58),
            ("baker's peel", 31),
            ("recipe box", 24),
        ),
    ),
    Department(
        name="Table",
        blurb="Thrown and glazed in small batches, so no two are quite alike. Safe in the dishwasher.",
        manners=("Plain", "Ribbed", "Speckled", "Tall", "Wide", "White", "Sea-green", "Rust"),
        materials=("stoneware", "porcelain", "earthenware", "terracotta", "enamel", "bone china"),
        things=(
            ("breakfast bowl", 14),
            ("café au lait cup", 12),
            ("serving platter", 38),
            ("dinner plate", 17),
            ("water jug", 29),
            ("crème brûlée dish", 9),
            ("teapot", 44),
            ("egg cup", 6),
            ("soup tureen", 72),
            ("cup & saucer", 19),
        ),
    ),
    Department(
        name="Garden",
        blurb="Happy outdoors all year. Rinse off the soil and hang it somewhere dry.",
        manners=("Short", "Long", "Narrow", "Sturdy", "Green", "Weathered", "Folding", "Classic"),
        materials=("copper", "forged steel", "galvanised", "ash-handled", "brass", "willow"),
        things=(
            ("trowel", 15),
            ("watering can", 33),
            ("dibber", 11),
            ("seed tray", 13),
            ("gardener's caddy", 39),
            ("plant labels", 8),
            ("potting scoop", 17),
            ("trug", 46),
            ("bird feeder", 22),
            ("hand fork & rake", 27),
        ),
    ),
    Department(
        name="Desk",
        blurb="For letters, lists and long afternoons. Refills fit and are sold for as long as we trade.",
        manners=("Pocket", "Slim", "Lined", "Plain", "Square", "Navy", "Tan", "Charcoal"),
        materials=("linen", "leather", "cork", "brass", "recycled", "birch"),
        things=(
            ("notebook", 12),
            ("pen tray", 21),
            ("letter rack", 26),
            ('12" ruler', 9),
            ("desk diary", 18),
            ("card index", 30),
            ("bookends", 37),
            ("pencil roll", 16),
            ("writing slope", 84),
            ("ink & blotter set", 41),
        ),
    ),
    Department(
        name="Light",
        blurb="Wired and tested by hand, with a two-metre fabric cord. Bulb not included.",
        manners=("Low", "Tall", "Pleated", "Opal", "Smoked", "Bare", "Twin", "Swing-arm"),
        materials=("brass", "glass", "rattan", "paper", "ceramic", "oak"),
        things=(
            ("table lamp", 79),
            ("reading lamp", 92),
            ("pendant", 118),
            ("wall light", 86),
            ("night light", 24),
            ("lantern", 35),
            ("candlestick", 19),
            ("lamp base", 54),
            ("tealight holder", 8),
            ("clip-on spot", 43),
        ),
    ),
    Department(
        name="Linen",
        blurb="Woven in a mill that has done little else since 1878. Softer with every wash at 40 °C.",
        manners=("Plain", "Striped", "Checked", "Washed", "Herringbone", "Ecru", "Indigo", "Ochre"),
        materials=("linen", "cotton", "lambswool", "hemp", "alpaca", "mohair"),
        things=(
            ("tea towel", 11),
            ("napkins, set of 4", 32),
            ("table runner", 36),
            ("throw", 88),
            ("cushion cover", 34),
            ("apron", 39),
            ("bed throw, double", 140),
            ("oven glove", 17),
            ("laundry bag", 23),
            ("scarf", 52),
        ),
    ),
    Department(
        name="Bath",
        blurb="Good for the skin and for the shelf it stands on. Unscented unless it says so.",
        manners=("Round", "Oval", "Slatted", "Soft", "Firm", "Travel", "Family", "Bedside"),
        materials=("beech", "bamboo", "marble", "soapstone", "sisal", "hinoki"),
        things=(
            ("soap dish", 13),
            ("bath rack", 48),
            ("nail brush", 9),
            ("shaving bowl", 27),
            ("toothbrush stand", 15),
            ("step stool", 64),
            ("back brush", 21),
            ("towel ladder", 110),
            ("comb & case", 14),
            ("tumbler", 12),
        ),
    ),
    Department(
        name="Travel",
        blurb="Repaired free of charge, for ever. Bring it in or post it with a note saying what broke.",
        manners=("Small", "Large", "Rolled", "Zipped", "Olive", "Sand", "Black", "Two-tone"),
        materials=("waxed cotton", "canvas", "leather", "felt", "ripstop", "cork"),
        things=(
            ("wash bag", 29),
            ("weekend bag", 126),
            ("luggage tag", 9),
            ("passport cover", 22),
            ("picnic rug", 68),
            ("flask sleeve", 14),
            ("tool roll", 45),
            ("walker's satchel", 95),
            ("key fob", 7),
            ("pouch & strap", 25),
        ),
    ),
)
