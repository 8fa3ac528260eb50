"""VGG16 at 224 px, photos padded, block 5 opened.

python -m research train --config vgg16 --weights vgg16_notop.weights.h5

Result on the genuine photos, 5 folds, every photo tested once: 84.0 % (95 % bootstrap 81.7 to 86.2),
with the base frozen 82.1 %.
"""

from research.config import Config, Phase

CONFIG = Config(
    name="vgg16",
    label="VGG16",
    backbone="vgg16",
    size=224,
    head=Phase("adam", 5e-4, epochs=20, patience=4),
    tuning=Phase("adam", 3e-5, epochs=4, patience=2),
    views=5,
    averaged=5,
    dropout=0.5,
    l2=0.02,
    smoothing=0.1,
)
