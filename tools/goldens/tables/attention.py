"""Attention of every kind."""

LIST = {"list": True}
THREE = [[2, 3, 4], [2, 5, 4], [2, 5, 4]]
SELF = {"call": {"value": {"input": 0}}}
CROSS = {"call": {"value": {"input": 1}}}
TABLE = {
    "Attention": [
        ({}, THREE[:2], LIST),
        ({"useScale": True}, THREE, LIST),
        ({"scoreMode": "concat"}, THREE, LIST),
        ({"scoreMode": "concat", "useScale": True}, THREE[:2], LIST),
        ({}, THREE[:2], {"list": True, "masks": [[2, 3], [2, 5]]}),
        ({}, [[2, 4, 3], [2, 4, 3]], {"list": True, "call": {"useCausalMask": True, "returnAttentionScores": True}}),
    ],
    "AdditiveAttention": [
        ({}, THREE, LIST),
        ({"useScale": False}, THREE[:2], LIST),
        ({}, THREE[:2], {"list": True, "masks": [[2, 3], [2, 5]]}),
        ({}, [[2, 4, 3], [2, 4, 3]], {"list": True, "call": {"useCausalMask": True, "returnAttentionScores": True}}),
    ],
    "MultiHeadAttention": [
        ({"numHeads": 2, "keyDim": 3}, [[2, 4, 5]], SELF),
        ({"numHeads": 2, "keyDim": 3, "valueDim": 3, "outputShape": 6}, [[2, 3, 5], [2, 4, 6]], CROSS),
        ({"numHeads": 3, "keyDim": 2, "useBias": False}, [[2, 4, 5]], {"call": {"value": {"input": 0}, "useCausalMask": True, "returnAttentionScores": True}}),
        ({"numHeads": 2, "keyDim": 2}, [[2, 3, 4], [2, 5, 4]], {"call": {"value": {"input": 1}, "attentionMask": {"mask": [2, 3, 5]}}}),
        ({"numHeads": 2, "keyDim": 2}, [[2, 3, 4], [2, 5, 4], [2, 5, 6]], {"call": {"value": {"input": 1}, "key": {"input": 2}}}),
        ({"numHeads": 2, "keyDim": 2, "attentionAxes": [1, 2]}, [[1, 2, 3, 4]], SELF),
    ],
    "GroupQueryAttention": [
        ({"headDim": 3, "numQueryHeads": 4, "numKeyValueHeads": 2}, [[2, 4, 5]], SELF),
        ({"headDim": 2, "numQueryHeads": 2, "numKeyValueHeads": 1, "useBias": False}, [[2, 3, 4], [2, 5, 4]], CROSS),
        ({"headDim": 2, "numQueryHeads": 2, "numKeyValueHeads": 2}, [[2, 4, 4]], {"call": {"value": {"input": 0}, "useCausalMask": True, "returnAttentionScores": True}}),
        ({"headDim": 2, "numQueryHeads": 4, "numKeyValueHeads": 2}, [[2, 3, 4], [2, 5, 4]], {"call": {"value": {"input": 1}, "attentionMask": {"mask": [2, 3, 5]}}}),
    ],
}
