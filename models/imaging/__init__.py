"""What pixels tell without a model, and what the places that models find tell.

boxes.py      which of the boxes that detectors propose are one thing
colours.py    the colours that dominate a picture
exposure.py   whether a part of it is blurred or too dark
pose.py       how a head is held, by its landmarks
saliency.py   what stands out
crops.py      the crop of a shape that keeps most of what matters
"""
