"""Speech-to-Text v1 and v2: recordings to words.

recognize.py long_running_recognize.py streaming_recognize.py   the RPCs
v2/          recognizers, and the same through them
config.py    a `RecognitionConfig` -> what is asked for
sound.py     bytes of a request -> a recording
session.py   one stream and what there is to tell of it
live.py      bytes that come piece by piece -> samples
hearing.py   a recording -> stretches of speech -> words
wording.py   words as they are to be shown
results.py   words -> `SpeechRecognitionResult`
"""

from sensorium.apis.core import api

speech = api(
    "speech",
    title="Speech-to-Text",
    summary="Write down what is said, in recordings and while it is said.",
)
