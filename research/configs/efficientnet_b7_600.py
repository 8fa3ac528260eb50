"""EfficientNet-B7 at 600 px, photos padded, last stage opened.

python -m research train --config efficientnet_b7_600

Its ImageNet weights are downloaded by Keras; they could not be had where the published results were made,
so no accuracy of it is published.
"""

from dataclasses import replace

from research.configs.efficientnet_b7_224 import CONFIG as SMALLEST

CONFIG = replace(SMALLEST, name="efficientnet_b7_600", label="EfficientNet-B7 à 600 px", size=600, batch=2)
