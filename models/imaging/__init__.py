"""What pixels tell without a model.

colours.py    the colours that dominate a picture
exposure.py   whether a part of it is blurred or too dark
saliency.py   what stands out
crops.py      the crop of a shape that keeps most of what matters
"""
