import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sensorium.apis.texttospeech import ssml
from sensorium.apis.texttospeech.passages import Bleep, Clip, Manner, Passage
from sensorium.apis.texttospeech.say_as import READERS, money_in_text
from sensorium.apis.texttospeech.voices import Catalog
from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import Gender, Prosody, Utterance, Voice


def voices(*languages: str) -> tuple[Voice, ...]:
    genders: tuple[Gender, ...] = ("MALE", "FEMALE")
    return tuple(
        Voice(f"{language}/{gender}", (language,), gender, 22050)
        for language in languages
        for gender in genders
    )


CATALOG = Catalog(voices("en-US", "en-GB", "fr-FR", "de"))
ENGLISH = CATALOG.choose("en-US", gender="MALE")
MANNER = Manner(ENGLISH.language, ENGLISH.voice)


def parse(document: str) -> list[Passage]:
    return ssml.parse(document, MANNER, CATALOG)


def read(inside: str) -> list[Passage]:
    return parse(f"<speak>{inside}</speak>")


def texts(inside: str) -> list[str]:
    return [one.text for one in read(inside) if isinstance(one, Utterance)]


def only(inside: str) -> Utterance:
    (one,) = read(inside)
    assert isinstance(one, Utterance)
    return one


def test_plain_content_is_one_utterance_in_the_requests_voice():
    assert read("Hello\n  there &amp; you") == [
        Utterance("Hello there & you", "en-US", "en-US/MALE")
    ]


def test_an_empty_document_says_nothing():
    assert read("") == read("  \n ") == parse("<speak/>") == []


def test_comments_and_cdata_are_read_as_xml_says():
    assert texts("a<!-- not this --><![CDATA[ <b> ]]>") == ["a <b>"]


@pytest.mark.parametrize(
    ("tag", "seconds"),
    [
        ('<break time="500ms"/>', 0.5),
        ('<break time="1.25s"/>', 1.25),
        ('<break strength="none"/>', 0.0),
        ('<break strength="x-strong"/>', 1.2),
        ("<break/>", 0.5),
        ('<break time="2s" strength="none"/>', 2.0),
        ('<break time="1s"/><break time="1s"/>', 2.0),
    ],
)
def test_a_break_pauses_for_its_time_or_strength(tag, seconds):
    first, second = read(f"a {tag} b")
    assert (first.text, first.pause, second.text, second.pause) == ("a", seconds, "b", 0.0)


def test_a_break_at_the_start_pauses_too():
    first, second = read('<break time="1s"/>a')
    assert (first, second.text) == (Bleep(0.0, 1.0), "a")


def test_sentences_and_paragraphs_rest_between_and_not_at_the_end():
    assert [(one.text, one.pause) for one in read("<p><s>a</s><s>b</s></p><p>c</p>")] == [
        ("a", ssml.SENTENCE_PAUSE),
        ("b", ssml.PARAGRAPH_PAUSE),
        ("c", 0.0),
    ]


def test_what_another_utterance_follows_at_once_does_not_come_to_rest():
    found = read('a <emphasis>b</emphasis> c <break time="1s"/> d')
    assert [(one.text, one.continues) for one in found] == [
        ("a", True),
        ("b", True),
        ("c", False),
        ("d", False),
    ]


def test_punctuation_after_an_element_stays_with_the_words_before_it():
    assert texts("<emphasis>big</emphasis>, then <sub alias='Mister'>Mr</sub>. End") == [
        "big,",
        "then",
        "Mister.",
        "End",
    ]


@pytest.mark.parametrize(
    ("attributes", "prosody"),
    [
        ('rate="slow"', Prosody(rate=0.75)),
        ('rate="150%"', Prosody(rate=1.5)),
        ('rate="+10%"', Prosody(rate=1.1)),
        ('rate="1.2"', Prosody(rate=1.2)),
        ('pitch="+2st"', Prosody(pitch=2)),
        ('pitch="-3.5st"', Prosody(pitch=-3.5)),
        ('pitch="+100%"', Prosody(pitch=12)),
        ('pitch="-50%"', Prosody(pitch=-12)),
        ('pitch="x-low"', Prosody(pitch=-6)),
        ('volume="loud"', Prosody(volume=4)),
        ('volume="-6dB"', Prosody(volume=-6)),
        ('volume="silent"', Prosody(volume=-96)),
        ('rate="fast" pitch="high" volume="soft"', Prosody(1.35, 3, -6)),
    ],
)
def test_prosody_changes_rate_pitch_and_volume(attributes, prosody):
    found = only(f"<prosody {attributes}>x</prosody>").prosody
    assert (found.rate, found.pitch, found.volume) == pytest.approx(
        (prosody.rate, prosody.pitch, prosody.volume)
    )


def test_relative_prosody_adds_up_and_ends_with_its_element():
    first, second, third = read(
        '<prosody pitch="+2st" rate="50%">a'
        '<prosody pitch="+3st" rate="+100%">b</prosody></prosody>c'
    )
    assert first.prosody == Prosody(0.5, 2, 0)
    assert second.prosody == Prosody(1.0, 5, 0)
    assert third.prosody == Prosody()


def test_emphasis_has_four_levels_of_which_none_changes_nothing():
    strong, moderate, none, reduced = (
        only(f'<emphasis level="{level}">x</emphasis>').prosody
        for level in ("strong", "moderate", "none", "reduced")
    )
    assert strong.volume > moderate.volume > none.volume > reduced.volume
    assert none == Prosody()


def test_a_phoneme_carries_its_ipa():
    found = only('<phoneme alphabet="ipa" ph="pɪˈkɑːn">pecan</phoneme>')
    assert (found.text, found.phonemes) == ("pecan", "pɪˈkɑːn")


def test_marks_stand_where_they_were_set():
    found = read('a<mark name="x"/>b<mark name="y"/>')
    assert [(one.text, one.mark) for one in found] == [
        ("a", None),
        ("", "x"),
        ("b", None),
        ("", "y"),
    ]


@pytest.mark.parametrize(
    ("element", "voice", "language"),
    [
        ('<voice gender="female">x</voice>', "en-US/FEMALE", "en-US"),
        ('<voice language="fr-FR" gender="female">x</voice>', "fr-FR/FEMALE", "fr-FR"),
        ('<voice name="en-GB-Wavenet-A">x</voice>', "en-GB/FEMALE", "en-GB"),
        ('<voice name="de/MALE">x</voice>', "de/MALE", "de-DE"),
        ('<lang xml:lang="fr-FR">x</lang>', "fr-FR/MALE", "fr-FR"),
        ('<p xml:lang="de-AT">x</p>', "de/MALE", "de-DE"),
        ('<p xml:lang="en-US">x</p>', "en-US/MALE", "en-US"),
    ],
)
def test_voice_and_lang_change_who_speaks(element, voice, language):
    inside, after = read(f"{element} y")
    assert (inside.voice, inside.language) == (voice, language)
    assert (after.voice, after.language) == ("en-US/MALE", "en-US")


def test_audio_is_a_clip_with_what_to_speak_instead_and_not_the_description():
    (clip,) = read(
        '<audio src="gs://b/cat.mp3" clipBegin="1s" clipEnd="2500ms" speed="150%" '
        'repeatCount="2" soundLevel="-6dB"><desc>a cat</desc>meow <break time="1s"/>purr</audio>'
    )
    assert isinstance(clip, Clip)
    assert (clip.uri, clip.begin, clip.end) == ("gs://b/cat.mp3", 1.0, 2.5)
    assert (clip.speed, clip.times, clip.decibels) == (1.5, 2.0, -6.0)
    assert [one.text for one in clip.instead] == ["meow", "purr"]
    assert clip.instead[0].pause == 1.0


def test_x_sampa_is_read_as_the_ipa():
    (one,) = read('<phoneme alphabet="x-sampa" ph="t@&quot;meIt@U">tomato</phoneme>')
    assert one.phonemes == "təˈmeɪtəʊ"


@pytest.mark.parametrize("kind", ["bleep", "expletive"])
def test_what_must_not_be_heard_is_a_tone(kind):
    first, second, third = read(f'oh <say-as interpret-as="{kind}">golly</say-as> my')
    assert second == Bleep(pytest.approx(0.35))
    assert (first.text, third.text) == ("oh", "my")


@pytest.mark.parametrize(
    ("language", "kind", "form", "written", "spoken"),
    [
        ("en-US", "cardinal", "", "12,345", "12345"),
        ("en-US", "cardinal", "", "many", "many"),
        ("en-US", "ordinal", "", "22", "twenty-second"),
        ("fr-FR", "ordinal", "", "2e", "deuxième"),
        ("en-US", "characters", "", "can-1", "C, A, N, dash, 1"),
        ("en-US", "verbatim", "", "abc", "A, B, C"),
        ("en-US", "telephone", "1", "(800) 555-1212", "+1, 8 0 0, 5 5 5, 1 2 1 2"),
        ("en-US", "telephone", "", "none", "none"),
        ("en-US", "date", "yyyymmdd", "1960-09-10", "the tenth of September, nineteen sixty"),
        ("en-US", "date", "yyyymmdd", "19600910", "the tenth of September, nineteen sixty"),
        ("en-US", "date", "dm", "10-9", "the tenth of September"),
        ("en-US", "date", "my", "9/1960", "September nineteen sixty"),
        ("en-US", "date", "", "9/10/1960", "the tenth of September, nineteen sixty"),
        ("en-US", "date", "mdy", "13/45/2000", "13/45/2000"),
        ("en-US", "date", "mdy", "tomorrow", "tomorrow"),
        ("en-US", "date", "nonsense", "1960-09-10", "1960-09-10"),
        ("fr-FR", "date", "dmy", "10-9-1960", "10 septembre 1960"),
        ("en-US", "time", "hms12", "2:30pm", "2 30 P M"),
        ("en-US", "time", "hms24", "14:05", "14 oh 5"),
        ("en-US", "time", "", "25:99", "25:99"),
        ("de-DE", "time", "", "2:30pm", "14:30"),
        ("en-US", "currency", "", "$42.01", "42 dollars and 1 cent"),
        ("en-US", "currency", "", "$1,234", "1234 dollars"),
        ("en-GB", "currency", "", "£0.50", "50 pence"),
        ("fr-FR", "currency", "", "42,01 €", "42,01 euros"),
        ("de-DE", "currency", "", "USD 5", "5 US-Dollar"),
        ("en-US", "currency", "", "XXQ 5", "XXQ 5"),
        ("en-US", "unit", "", "10 foot", "10 feet"),
        ("en-US", "unit", "", "1ft", "1 foot"),
        ("de-DE", "unit", "", "5 kg", "5 Kilogramm"),
        ("en-US", "unit", "", "3 blorps", "3 blorps"),
        ("en-US", "fraction", "", "5+1/2", "5 and 1 half"),
        ("en-US", "fraction", "", "2/3", "2 thirds"),
    ],
)
def test_say_as_reads_what_looks_like_it_and_leaves_what_does_not(
    language, kind, form, written, spoken
):
    assert READERS[kind](written, form, "", language) == spoken


def test_a_date_of_detail_2_puts_the_month_first():
    inside = '<say-as interpret-as="date" format="ymd" detail="2">1960-09-10</say-as>'
    assert texts(inside) == ["September tenth, nineteen sixty"]


@given(
    st.sampled_from(sorted(READERS)),
    st.text(max_size=30) | st.text("0123456789.,:/-$€ +ap", max_size=12),
    st.text(max_size=8) | st.text("ymd", max_size=8),
    st.sampled_from(["en-US", "fr-FR", "cmn-CN", "xx", "en-US-x-nyc", ""]),
)
def test_any_text_can_be_read_as_anything(kind, text, form, language):
    assert isinstance(READERS[kind](text, form, "", language), str)


def test_money_in_running_text_is_read_as_money():
    assert money_in_text("It costs $42.01, or $5!", "en-US") == (
        "It costs 42 dollars and 1 cent, or 5 dollars!"
    )
    assert money_in_text("v$1.2.3 $2.345 $x", "en-US") == "v$1.2.3 $2.345 $x"


@pytest.mark.parametrize(
    ("document", "line", "column", "reason"),
    [
        ("<speak>\n <foo/></speak>", 2, 2, "unknown element <foo>"),
        ("<speak>a", 1, 9, "no element found"),
        ("hello", 1, 1, "syntax error"),
        ("", 1, 1, "no element found"),
        ("<speak>&nbsp;</speak>", 1, 8, "undefined entity"),
        ("<p>x</p>", 1, 1, "<speak> is the outermost"),
        ("<speak><speak/></speak>", 1, 8, "<speak> is the outermost"),
        ("<speak>\n<break tim='1s'/></speak>", 2, 1, "no attribute 'tim'"),
        ("<speak><break time='soon'/></speak>", 1, 8, "time is seconds"),
        ("<speak><break time='11s'/></speak>", 1, 8, "more than 10 seconds"),
        ("<speak><break strength='huge'/></speak>", 1, 8, "strength is one of"),
        ("<speak><break>x</break></speak>", 1, 8, "must be empty"),
        ("<speak><prosody rate='-1'/></speak>", 1, 8, "rate is"),
        ("<speak><prosody rate='-100%'/></speak>", 1, 8, "outside 10%"),
        ("<speak><prosody pitch='+10Hz'/></speak>", 1, 8, "pitch is"),
        ("<speak><prosody pitch='-100%'/></speak>", 1, 8, "no frequency"),
        ("<speak><prosody volume='11'/></speak>", 1, 8, "volume is"),
        ("<speak><emphasis level='x'/></speak>", 1, 8, "level is one of"),
        ("<speak><say-as>x</say-as></speak>", 1, 8, "'interpret-as'"),
        ("<speak><say-as interpret-as='z'>x</say-as></speak>", 1, 8, "interpret-as is one of"),
        ("<speak><sub>x</sub></speak>", 1, 8, "'alias'"),
        ("<speak><phoneme>x</phoneme></speak>", 1, 8, "'ph'"),
        ("<speak><phoneme alphabet='arpa' ph='a'/></speak>", 1, 8, "'arpa'"),
        ("<speak><mark/></speak>", 1, 8, "'name'"),
        ("<speak><lang>x</lang></speak>", 1, 8, "'xml:lang'"),
        ("<speak><lang xml:lang='tlh'>x</lang></speak>", 1, 8, "No voice speaks 'tlh'"),
        ("<speak><voice name='nobody'/></speak>", 1, 8, "'nobody' does not exist"),
        ("<speak><voice gender='other'/></speak>", 1, 8, "gender is"),
        ("<speak><audio>x</audio></speak>", 1, 8, "'src'"),
        ("<speak><audio src='a' speed='400%'/></speak>", 1, 8, "speed is"),
        ("<speak><audio src='a' clipBegin='soon'/></speak>", 1, 8, "clipBegin is"),
        ("<speak><audio src='a' clipBegin='2s' clipEnd='1s'/></speak>", 1, 8, "clipEnd must"),
        ("<speak><audio src='a' repeatCount='0'/></speak>", 1, 8, "repeatCount is"),
        ("<speak><audio src='a' soundLevel='loud'/></speak>", 1, 8, "soundLevel is"),
        ("<speak><desc>x</desc></speak>", 1, 8, "belongs into <audio>"),
        ("<speak><sub alias='x'><p/></sub></speak>", 1, 23, "cannot contain <p>"),
        ("<speak><par/></speak>", 1, 8, "<par> is not served"),
        ("<speak><google:style name='lively'/></speak>", 1, 8, "<google:style> is not served"),
    ],
)
def test_what_is_wrong_is_refused_with_line_and_column(document, line, column, reason):
    with pytest.raises(InvalidArgument) as caught:
        parse(document)
    assert caught.value.field == "input.ssml"
    assert reason in caught.value.message
    assert f"line {line}, column {column}:" in caught.value.message


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>',
        '<!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak/>',
        '<!DOCTYPE s [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><s>&c;</s>',
        '<!DOCTYPE s [<!ENTITY x SYSTEM "http://127.0.0.1/">]><speak>&x;</speak>',
        '<!DOCTYPE s [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]><speak/>',
    ],
)
def test_document_types_are_refused_before_any_entity_is_expanded(document):
    with pytest.raises(InvalidArgument, match="document type declaration is not allowed"):
        parse(document)


def test_deep_nesting_is_read_without_recursion():
    depth = 2000
    assert len(read("<p>" * depth + "x" + "</p>" * depth)) == 1


elements = st.sampled_from(
    ["p", "s", "break", "say-as", "sub", "prosody", "emphasis", "phoneme", "mark", "voice", "lang",
     "audio", "desc", "speak", "x"]
)  # fmt: skip
attributes = st.sampled_from(
    ["", " time='1s'", " interpret-as='date'", " interpret-as='unit'", " alias='b'", " rate='50%'",
     " pitch='+1st'", " level='none'", " ph='a'", " name='m'", " xml:lang='fr'", " src='u'",
     " gender='female'", " interpret-as='bleep'"]
)  # fmt: skip
trees = st.recursive(
    st.text(max_size=8),
    lambda inner: st.builds(
        lambda name, given, parts: f"<{name}{given}>{''.join(parts)}</{name}>",
        elements,
        attributes,
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


@given(st.text() | trees | trees.map(lambda inside: f"<speak>{inside}</speak>"))
@example("<speak>\x00</speak>")
@example('<?xml version="1.0" encoding="UTF-16"?><speak>x</speak>')
@example("<speak>\ud800</speak>")
def test_any_document_is_either_read_or_refused_as_invalid(document):
    refused: InvalidArgument | None = None
    found: list[Passage] = []
    try:
        found = parse(document)
    except InvalidArgument as failure:
        refused = failure
    assert all(one.pause >= 0 for one in found)
    assert refused is None or "line" in refused.message
    assert refused is None or refused.field == "input.ssml"
