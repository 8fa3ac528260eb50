"""EfficientNet-Lite0 at 288 px, photos padded, last stages opened. It is not EfficientNet-B7.

python -m research train --config efficientnet_lite0 --weights efficientnet_lite0_notop.weights.h5

Result on the genuine photos, 5 folds, every photo tested once: 85.2 % (95 % bootstrap 83.0 to 87.3),
with the base frozen 85.3 %.
"""

from research.config import Config, Phase

CONFIG = Config(
    name="efficientnet_lite0",
    label="EfficientNet-Lite0",
    backbone="efficientnet_lite0",
    size=288,
    head=Phase("rmsprop", 5e-4, epochs=20, patience=4),
    tuning=Phase("rmsprop", 3e-5, epochs=5, patience=2),
    views=5,
    averaged=5,
    dropout=0.5,
    l2=0.02,
    smoothing=0.1,
)
