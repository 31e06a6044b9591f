"""Speech-to-Text v2: recognizers, and recordings through them.

names.py tables.py store.py recognizers.py                     recognizers and where they are kept
recognize.py batch_recognize.py streaming_recognize.py         the RPCs about sound
config.py     a `RecognitionConfig` over a recognizer's own -> what is asked for
captions.py   results as subtitles
"""
