"""EfficientNet-Lite2, base frozen, plain photos only, 380 px instead of 260: what finer photos bring it.

python -m research train --config framing_efficientnet_lite2_380 --weights efficientnet_lite2_notop.weights.h5

Result on the genuine photos, 5 folds that split near texts,
every photo tested once: 89.0 % (95 % bootstrap 86.9 to 90.8).
"""

from dataclasses import replace

from research.configs.framing_efficientnet_lite2_pad import CONFIG as NATIVE

CONFIG = replace(NATIVE, name="framing_efficientnet_lite2_380", label="EfficientNet-Lite2 à 380 px", size=380)
