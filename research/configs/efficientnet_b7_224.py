"""EfficientNet-B7 at 224 px, photos padded, last stage opened.

python -m research train --config efficientnet_b7_224

Its ImageNet weights are downloaded by Keras; they could not be had where the published results were made,
so no accuracy of it is published.
"""

from research.config import Config, Phase

CONFIG = Config(
    name="efficientnet_b7_224",
    label="EfficientNet-B7 à 224 px",
    backbone="efficientnet_b7",
    size=224,
    head=Phase("rmsprop", 5e-4, epochs=20, patience=4),
    tuning=Phase("rmsprop", 1e-4, epochs=8, patience=2),
    views=5,
    averaged=5,
    dropout=0.5,
    l2=0.02,
    smoothing=0.1,
    batch=8,
)
