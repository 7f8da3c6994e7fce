"""Reads pairs of policies as JSON lines, and says of each whether the second allows more, and less, according to policyglass."""

import json
import sys

from policyglass import Policy, policy_shards_effect


def allowed(document):
    return policy_shards_effect(Policy(**document).policy_shards)


def minus(left, right):
    rest = list(left)
    for other in right:
        rest = [piece for one in rest for piece in one.difference(other)]
    return rest


for line in sys.stdin:
    before, after = (allowed(document) for document in json.loads(line))
    print(json.dumps({"gains": bool(minus(after, before)), "losses": bool(minus(before, after))}))
