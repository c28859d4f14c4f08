"""What the bundled prior can be told: styles, and features of a head; each with the words that people use for it.

A concept belongs to a slot; a prompt fills a slot with one concept, with a mixture, or leaves it open. Its phrases are
what `prompt.understood` looks for; the first one is its name for people, and the phrase of a style that stands before
"of a young woman" is among `Concept.of`.
"""

from __future__ import annotations

from dataclasses import dataclass

SLOTS = ("style", "age", "sex", "skin", "colour", "cut", "beard", "glasses", "mood")


@dataclass(frozen=True)
class Concept:
    """One thing that a prompt can say.

    Attributes:
        slot: one of SLOTS.
        name: short, unique, without spaces; never changes, since weights hang on it.
        phrases: words for it, lower case; the first is its name for people.
        of: for styles, how captions begin: "a pencil sketch of".
        near: words for what the prior does not know, but what it draws instead comes closest; the person is told.
    """

    slot: str
    name: str
    phrases: tuple[str, ...]
    of: tuple[str, ...] = ()
    near: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """For people."""
        return self.phrases[0]


def _style(name: str, phrases: str, of: str, near: str) -> Concept:
    return Concept("style", name, *(tuple(words.split(", ")) for words in (phrases, of, near)))


def _feature(slot: str, name: str, phrases: str) -> Concept:
    return Concept(slot, name, tuple(phrases.split(", ")))


STYLES: tuple[Concept, ...] = (
    _style(
        "photo",
        "photo, photograph, photography, photorealistic, realistic, portrait photo, snapshot, selfie, headshot, "
        "studio photo, rendering, natural",
        "a photo of, a photograph of, a realistic portrait of",
        "dslr, polaroid, daguerreotype, film still",
    ),
    _style(
        "pencil",
        "pencil sketch, pencil, pencil drawing, sketch, graphite, graphite drawing, charcoal, charcoal drawing, "
        "charcoal sketch, drawing, hand drawn, sketched, hatching, hatched, line drawing, drawn, doodle",
        "a pencil sketch of, a pencil drawing of, a graphite drawing of, a sketch of, a charcoal drawing of",
        "crayon, chalk drawing, etching, engraving, silverpoint, blueprint, durer",
    ),
    _style(
        "ink",
        "ink drawing, ink, pen and ink, pen drawing, black ink, indian ink, woodcut, linocut, stencil, manga, "
        "manga drawing, black and white, monochrome, lino print, brush pen, high contrast, block print",
        "an ink drawing of, a black and white ink drawing of, a woodcut of, a manga drawing of",
        "sin city, noir, film noir, silhouette, ukiyo e, hokusai, sumi, sumi e, graphic novel, calligraphy, banksy, "
        "frank miller, tattoo",
    ),
    _style(
        "watercolour",
        "watercolour, watercolor, watercolour painting, watercolor painting, aquarelle, water colour, "
        "water color, wash",
        "a watercolour of, a watercolour painting of, an aquarelle of",
        "gouache, pastel, tempera, fresco, children's book",
    ),
    _style(
        "oil",
        "oil painting, oil, oils, oil paint, oil on canvas, painting, painted, impasto, canvas, brush strokes, "
        "brushstrokes, palette knife, painterly",
        "an oil painting of, an oil on canvas portrait of, an impressionist painting of",
        "impressionist, impressionism, acrylic, acrylic painting, van gogh, rembrandt, monet, renaissance, baroque, "
        "old master, old masters, expressionist, expressionism, fauvism, vermeer, da vinci, mona lisa, "
        "caravaggio, klimt",
    ),
    _style(
        "comic",
        "comic, comic book, comics, cel shaded, cel shading, toon, toon shaded, cartoon, pop art, vector art, "
        "flat design, halftone, superhero comic, animation cel",
        "a comic of, a comic book drawing of, a cel-shaded drawing of, a cartoon of",
        "lichtenstein, roy lichtenstein, marvel, borderlands, anime, simpsons, tintin, webtoon, sticker, superhero, "
        "bande dessinee, warhol",
    ),
    _style(
        "clay",
        "clay, clay figure, terracotta, claymation, plasticine, modelling clay, clay sculpture, earthenware",
        "a clay figure of, a terracotta bust of, a clay sculpture of",
        "play dough, playdough, pottery, ceramic, aardman, wallace and gromit, mud, brick, stop motion, chocolate",
    ),
    _style(
        "marble",
        "marble statue, marble, marble bust, white marble, statue, greek statue, roman statue, roman bust, stone, "
        "stone statue, sculpture, alabaster, bust, plaster, plaster cast, classical sculpture, white stone",
        "a marble statue of, a white marble bust of, a marble sculpture of",
        "michelangelo, bernini, antique, porcelain, ivory, ice, snow, granite, limestone, ghost, gypsum",
    ),
    _style(
        "bronze",
        "bronze statue, bronze, bronze bust, bronze sculpture, brass, cast bronze, metal statue, verdigris, patina",
        "a bronze statue of, a bronze bust of, a bronze sculpture of",
        "copper, gold, golden, golden statue, rodin, gilded, oscar statue, medal, coin, c3po",
    ),
    _style(
        "wood",
        "wood carving, wood, wooden, carved wood, woodcarving, wooden statue, wooden sculpture, carved, oak, "
        "mahogany, walnut, timber, whittled",
        "a wood carving of, a wooden sculpture of, a carved wooden bust of",
        "totem, puppet, pinocchio, marionette, groot, treant, bark, driftwood, tree",
    ),
    _style(
        "zombie",
        "zombie, undead, walking dead, the walking dead, rotting, rotten, ghoul, corpse, living dead, "
        "decayed, infected",
        "a zombie of, a zombie version of, an undead version of",
        "monster, halloween, horror, frankenstein, orc, goblin, hulk, alien, vampire, mummy, ogre, shrek, "
        "witch, demon, "
        "werewolf, green skin, lizard",
    ),
    _style(
        "joker",
        "joker, the joker, clown, jester, harlequin, circus, face paint, face painted, white make up, white makeup",
        "a joker version of, a clown portrait of, the joker played by",
        "harley quinn, mime, pennywise, kabuki, geisha, batman villain, heath ledger, pierrot",
    ),
    _style(
        "elf",
        "elf, elven, elvish, pointed ears, pointy ears, high elf, wood elf",
        "an elf version of, an elven portrait of, a fantasy elf of",
        "fairy, fae, fantasy, legolas, galadriel, tolkien, lord of the rings, vulcan, spock, dark elf, drow, "
        "pixie, faun, "
        "angel, princess, sorcerer, wizard, nymph, dryad, mermaid, hobbit",
    ),
    _style(
        "robot",
        "robot, robotic, android, cyborg, machine, mechanical, droid, automaton, steel, chrome",
        "a robot version of, an android of, a robot portrait of",
        "terminator, metal, steampunk, cyberpunk, iron man, armor, armour, knight, sci fi, science fiction, "
        "futuristic, "
        "mecha, transformers, tin man, silver, titanium, cyber, robocop, darth vader, mandalorian, astronaut",
    ),
    _style(
        "lowpoly",
        "low-poly, low poly, lowpoly, polygon, polygons, polygonal, faceted, triangles, triangulated, facets",
        "a low-poly model of, a polygon portrait of, a faceted low-poly head of",
        "geometric, origami, papercraft, paper, folded paper, cubist, cubism, picasso, crystal, playstation, "
        "gem, diamond, "
        "stained glass, mosaic, abstract, voronoi",
    ),
    _style(
        "pixel",
        "pixel art, pixel, pixels, pixelated, pixelart, 8 bit, 16 bit, 8bit, 16bit, sprite, blocky",
        "pixel art of, an 8-bit sprite of, a pixelated portrait of",
        "retro game, video game, minecraft, voxel, lego, nes, arcade, game boy, gameboy, nintendo, "
        "cross stitch, retro, "
        "super mario, doom, atari, commodore",
    ),
    _style(
        "animated",
        "animated character, animated, animation, pixar, pixar like, pixar character, disney, disney character, "
        "big eyes, big eyed, large eyes, 3d character, cg character, animated film, animated movie, cartoon character",
        "an animated character of, a Pixar-like character of, a big-eyed animated version of",
        "disney princess, dreamworks, cute, doll, barbie, toy, frozen, toy story, chibi, kawaii, ghibli, "
        "studio ghibli, "
        "funko, sims, fortnite, avatar, caricature, bratz, emoji, memoji",
    ),
)

FEATURES: tuple[Concept, ...] = (
    _feature("age", "child", "child, kid, boyish, girlish, little"),
    _feature("age", "young", "young, youthful, twenties, teenage, teenager, teen"),
    _feature("age", "middle", "middle-aged, middle aged, forties, fifties, mature, adult"),
    _feature("age", "old", "old, elderly, aged, senior, wrinkled, grandmother, grandfather, seventies"),
    _feature("sex", "woman", "woman, female, lady, girl, she, feminine, queen, women, mother"),
    _feature("sex", "man", "man, male, guy, boy, he, gentleman, masculine, king, men, father"),
    _feature("skin", "light", "light skin, fair skin, pale, light-skinned, pale skin, white skin, caucasian, european"),
    _feature("skin", "tan", "tanned skin, tan, olive skin, tanned, brown skin, asian, latino, latina, indian"),
    _feature("skin", "dark", "dark skin, dark-skinned, black skin, african, dark skinned, african american"),
    _feature("colour", "black_hair", "black hair, dark hair, black haired, raven hair"),
    _feature("colour", "brown_hair", "brown hair, brunette, chestnut hair, brown haired, auburn hair"),
    _feature("colour", "blond_hair", "blond hair, blonde hair, blond, blonde, fair hair, golden hair, blond haired"),
    _feature("colour", "red_hair", "red hair, ginger, ginger hair, redhead, red haired, copper hair"),
    _feature("colour", "grey_hair", "grey hair, gray hair, white hair, silver hair, grey haired, gray haired"),
    _feature("cut", "bald", "bald, shaved head, no hair, bald head, hairless"),
    _feature("cut", "short", "short hair, cropped hair, short haired, buzz cut, crew cut"),
    _feature("cut", "curly", "curly hair, curls, curly, frizzy hair, curly haired"),
    _feature("cut", "afro", "afro, afro hair"),
    _feature("cut", "long", "long hair, long haired, shoulder-length hair, straight hair, flowing hair"),
    _feature("cut", "wavy", "wavy hair, wavy, waves"),
    _feature("cut", "bob", "bob, bob cut, chin-length hair"),
    _feature("cut", "tied", "ponytail, braid, bun, plait, tied hair, pony tail, hair tied back"),
    _feature("beard", "bearded", "beard, full beard, bearded, facial hair"),
    _feature("beard", "stubble", "stubble, unshaven, five o'clock shadow"),
    _feature("beard", "goatee", "goatee, chin beard"),
    _feature("beard", "moustache", "moustache, mustache"),
    _feature("beard", "shaven", "clean-shaven, clean shaven, shaven, no beard, without a beard, beardless"),
    _feature("glasses", "glasses", "glasses, spectacles, eyeglasses, specs, bespectacled"),
    _feature("glasses", "sunglasses", "sunglasses, dark glasses, shades"),
    _feature("glasses", "bare_eyes", "no glasses, without glasses"),
    _feature("mood", "smiling", "smiling, smile, happy, grinning, cheerful, laughing, joyful"),
    _feature("mood", "frowning", "frowning, angry, sad, grim, frown, upset, furious"),
    _feature("mood", "open_mouth", "open mouth, surprised, shouting, open-mouthed, astonished, mouth open"),
    _feature("mood", "calm", "calm, neutral, serious, relaxed, neutral expression, calm expression"),
)
CONCEPTS: tuple[Concept, ...] = (*STYLES, *FEATURES)
NUMBERS: dict[str, int] = {concept.name: number for number, concept in enumerate(CONCEPTS)}
"""From a concept's name to its row of weights."""

_PASSED_OVER = (
    "a an the of as in on with and or by for from to into like style styled stylized stylised version looking "
    "look very head face portrait person people human character art artwork picture image made wearing wears "
    "has having is be it its this that his her their who whose view front side back colour color colors colours "
    "high quality beautiful detailed best highly masterpiece professional nice turn make become me my please "
    "full body close up background expression hair skin eyes some one big small new real piece work hd 4k 8k "
    "turned if were was s "
)
SAID_WITHOUT_MEANING = frozenset(_PASSED_OVER.split())
"""Words that are passed over without a remark."""
