"""A small corpus for a railway desk, in four scripts, for tests of language understanding."""

from __future__ import annotations

from dialogue_nb.nlu.reader import parse_nlu

FROM = '{"entity": "city", "role": "from"}'
TO = FROM.replace("from", "to")
YAML = f"""
version: "3.1"
nlu:
- intent: travel
  examples: |
    - a ticket to [Oslo](city)
    - I want to go to [Riga](city)
    - one ticket from [Bergen]{FROM} to [Oslo]{TO}
    - from [Riga]{FROM} to [Bergen]{TO} please
    - how do I get to [the capital]{{"entity": "city", "value": "Oslo"}}
    - the night train to [Oslo](city)
- intent: price
  examples: |
    - how much is it?
    - what does a ticket cost
    - is that expensive?
    - the price please
- intent: deny
  examples: |
    - no
    - no thanks
    - not now
    - never
- intent: faq/ask_wifi
  examples: |
    - is there wifi on board?
    - can I use the internet?
- intent: faq/ask_dog
  examples: |
    - may my dog come along?
    - are dogs allowed?
- synonym: Oslo
  examples: |
    - Christiania
- regex: code
  examples: |
    - [A-Z]{{2}}\\d{{3}}
- lookup: city
  examples: |
    - Stavanger
    - Mo i Rana
"""

SCRIPTS = {
    "Chinese": {
        "greet": ["你好", "您好", "早上好", "大家好"],
        "deny": ["不", "不要", "不是", "不行"],
    },
    "Arabic": {
        "greet": ["مرحبا", "أهلا وسهلا", "صباح الخير"],
        "deny": ["لا", "لا شكرا", "لا أريد"],
    },
    "Nepali": {"greet": ["नमस्ते", "नमस्कार", "शुभ प्रभात"], "deny": ["होइन", "हुँदैन", "चाहिँदैन"]},
    "Thai": {"greet": ["สวัสดี", "สวัสดีครับ", "อรุณสวัสดิ์"], "deny": ["ไม่", "ไม่ใช่", "ไม่เอา"]},
}


def corpus():
    data, found = parse_nlu(YAML)
    assert not found
    return data
